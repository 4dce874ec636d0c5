//! Reads a live catalogue into the schema model.
