//! One thin file per verb: load, call the domain, hand a report to render.
