//! `SQLite`'s record format, in which `sqlite_stat4` keeps its samples (<https://www.sqlite.org/fileformat2.html#record_format>).

use crate::model::query::Value;

/// The values as one record: a header of serial types, then the bodies.
#[must_use]
pub fn encode(values: &[Value]) -> Vec<u8> {
    let mut types = Vec::new();
    let mut body = Vec::new();
    for value in values {
        match value {
            Value::Null => types.push(0),
            Value::Bool(truth) => types.push(if *truth { 9 } else { 8 }),
            Value::Int(0) => types.push(8),
            Value::Int(1) => types.push(9),
            Value::Int(number) => {
                let (kind, width) = integer_width(*number);
                types.push(kind);
                body.extend_from_slice(&number.to_be_bytes()[8 - width..]);
            }
            Value::Float(number) => {
                types.push(7);
                body.extend_from_slice(&number.to_be_bytes());
            }
            Value::Text(text) => {
                types.push(13 + 2 * text.len() as u64);
                body.extend_from_slice(text.as_bytes());
            }
        }
    }
    let types: Vec<u8> = types.into_iter().flat_map(varint).collect();
    // The header's length counts itself, which may take one byte or more.
    let mut length = types.len() + 1;
    while varint(length as u64).len() + types.len() > length {
        length += 1;
    }
    [varint(length as u64), types, body].concat()
}

/// Serial type and bytes of an integer.
fn integer_width(number: i64) -> (u64, usize) {
    [(1, 1_usize), (2, 2), (3, 3), (4, 4), (5, 6)]
        .into_iter()
        .find(|(_, width)| {
            let bits = 8 * width - 1;
            (-(1_i64 << bits)..1_i64 << bits).contains(&number)
        })
        .unwrap_or((6, 8))
}

/// Seven bits a byte, the most significant first, the top bit set on all but the last.
fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = number;
    loop {
        let bits = u8::try_from(rest & 0x7f).unwrap_or(0);
        bytes.push(if bytes.is_empty() { bits } else { bits | 0x80 });
        rest >>= 7;
        if rest == 0 {
            break;
        }
    }
    bytes.reverse();
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_those_of_the_file_format() {
        assert_eq!(encode(&[Value::Null, Value::Int(0), Value::Bool(true)]), [4, 0, 8, 9]);
        assert_eq!(encode(&[Value::Int(-2), Value::Int(300)]), [3, 1, 2, 0xfe, 1, 44]);
        assert_eq!(encode(&[Value::Text("ab".into())]), [2, 17, b'a', b'b']);
        assert_eq!(encode(&[Value::Float(1.5)]), [2, 7, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
        assert_eq!(encode(&[Value::Text("x".repeat(100))])[..3], [3, 0x81, 0x55]);
    }
}
