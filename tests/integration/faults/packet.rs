//! As much of MySQL's protocol as it takes to see where a client's command begins.

use std::io::{self, Read};

/// A packet, header included, as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Packet(Vec<u8>);

impl Packet {
    /// The next packet; `None` when the other side has ended in good order.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = vec![0; 4];
        let first = from.read(&mut bytes)?;
        if first == 0 {
            return Ok(None);
        }
        from.read_exact(&mut bytes[first..])?;
        // Three bytes of length, the lowest first, then the number in the sequence.
        let length = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        bytes.resize(4 + usize::try_from(length).map_err(io::Error::other)?, 0);
        from.read_exact(&mut bytes[4..])?;
        Ok(Some(Self(bytes)))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What the client wants run, if this packet begins such a command. A command begins a sequence, so its number is
    /// 0, and the packets of a client's handshake never have that.
    pub(crate) fn command(&self) -> Option<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ");
        let (&kind, rest) = self.0.get(4..)?.split_first()?;
        match (self.0[3], kind) {
            (0, 0x03) => Some(text(rest)),
            (0, 0x16) => Some(format!("prepare: {}", text(rest))),
            (0, 0x17) => Some(format!("execute: statement {}", rest.first().copied().unwrap_or_default())),
            _ => None,
        }
    }
}

#[test]
fn only_what_begins_a_sequence_is_a_command() {
    let read = |bytes: &[u8]| Packet::read(&mut &*bytes).unwrap().unwrap();
    assert_eq!(read(b"\x09\0\0\0\x03SELECT\n1").command().unwrap(), "SELECT 1");
    assert_eq!(read(b"\x04\0\0\0\x16DO0").command().unwrap(), "prepare: DO0");
    assert_eq!(read(b"\x02\0\0\x01\x03x").command(), None, "an answer in the handshake");
    assert_eq!(read(b"\x01\0\0\0\x0e").command(), None, "a ping");
    assert!(Packet::read(&mut &b""[..]).unwrap().is_none());
}
