//! Any report as JSON, pretty and with a final newline.

use serde::Serialize;

/// The JSON text.
#[must_use]
pub fn render<T: Serialize>(report: &T) -> String {
    // Reports are plain data with text keys: writing them cannot fail.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
