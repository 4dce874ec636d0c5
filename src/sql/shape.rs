//! A statement as facts about it: kind, tables, predicates, joins, order, limit; what proves its result bounded.
