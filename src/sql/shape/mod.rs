//! A statement as facts about it.
