//! Colour, width and progress; the only writer to stdout and stderr.
