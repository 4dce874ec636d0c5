//! A key that is told in one pass: statements with the same key have the same fingerprint, so that of a log's million
//! statements only a few need the patterns.

/// Writes the key of a statement; false where the pass cannot vouch for it, as quotes or comments are out of the ordinary.
///
/// Strings lose their letters, runs of digits their length, comments their words. `statement` is without its further rows.
#[must_use]
pub fn key(statement: &[u8], key: &mut Vec<u8>) -> bool {
    key.clear();
    if keeps_digits(statement) {
        return false;
    }
    let mut at = 0;
    while let Some(byte) = statement.get(at) {
        match byte {
            b'0'..=b'9' => {
                key.push(b'0');
                at += statement[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            }
            b'\'' | b'"' => match string(statement, at) {
                Some(end) => {
                    key.extend_from_slice(&[*byte, *byte]);
                    at = end;
                }
                None => return false,
            },
            b'\\' if matches!(statement.get(at + 1), Some(b'\'' | b'"')) => return false,
            b'/' if statement.get(at + 1) == Some(&b'*') => match comment(statement, at) {
                Some(end) => {
                    key.extend_from_slice(b"/**/");
                    at = end;
                }
                None => return false,
            },
            _ => {
                key.push(*byte);
                at += 1;
            }
        }
    }
    true
}

/// Statements of which the fingerprint keeps digits or quotes.
fn keeps_digits(statement: &[u8]) -> bool {
    let rest = statement.trim_ascii_start();
    let begins = |word: &[u8]| rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"call")
        || begins(b"use")
        || begins(b"administrator")
        || begins(b"SELECT /*!")
        || rest.first() == Some(&0x0b)
}

/// Where a string ends; `None` when it does not, or when pt-query-digest might read it in another way.
fn string(statement: &[u8], start: usize) -> Option<usize> {
    let quote = statement[start];
    let (mut at, mut doubles) = (start + 1, 0_u32);
    loop {
        match *statement.get(at)? {
            b'\\' if matches!(statement.get(at + 1), Some(b'\'' | b'"')) => at += 1,
            byte if byte == quote => break,
            b'"' => doubles += 1,
            // It might open or close a comment, which is looked for before strings are.
            b'*' => return None,
            _ => {}
        }
        at += 1;
    }
    // Double quotes are paired first: an odd one would pair with one outside.
    (doubles % 2 == 0).then_some(at + 1)
}

/// Where a comment ends; `None` for one that runs (`/*! … */`), or that may tell the tool that sent the statement.
fn comment(statement: &[u8], start: usize) -> Option<usize> {
    let body = statement.get(start + 3..)?;
    let length = memchr::memmem::find(body, b"*/")?;
    let words = &statement[start + 2..start + 3 + length];
    let odd = words[0] == b'!' || memchr::memchr(b':', words).is_some();
    (!odd).then_some(start + 3 + length + 2)
}
