//! Where something stands in a script: line and column, as editors count them.

/// The place of a byte offset: line and column, from 1, the column in characters.
#[must_use]
pub fn place(text: &str, offset: usize) -> (u32, u32) {
    let mut place = Place::default();
    place.advance(text, offset);
    (place.line, place.column)
}

/// A place that moves ahead, so that a long script is not counted again for each of its statements.
#[derive(Debug)]
pub(super) struct Place {
    offset: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Default for Place {
    fn default() -> Self {
        Self { offset: 0, line: 1, column: 1 }
    }
}

impl Place {
    pub(super) fn advance(&mut self, text: &str, to: usize) {
        for character in text[self.offset..to].chars() {
            match character {
                '\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
                // No letter of the line.
                '\u{feff}' if self.column == 1 => {}
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self.offset = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_and_byte_order_marks_do_not() {
        let text = "\u{feff}é x\r\ny";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, text.find('x').unwrap()), (1, 3));
        assert_eq!(place(text, text.find('y').unwrap()), (2, 1));
    }
}
