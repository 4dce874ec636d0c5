//! Repeated members of a `UNION`, which are one class however many they are.

/// Each member that is repeated word for word is kept once, with `/*repeat union*/` behind it.
pub(super) fn repeated(text: Vec<u8>) -> Vec<u8> {
    let unions: Vec<usize> = memchr::memmem::find_iter(&text, b"union").filter(|at| is_between(&text, *at)).collect();
    if unions.is_empty() {
        return text;
    }
    let mut kept = Vec::with_capacity(text.len());
    let mut from = 0;
    while let Some((start, end, member, word)) = next(&text, from, &unions) {
        kept.extend_from_slice(&text[from..start]);
        kept.extend_from_slice(&text[start..member]);
        kept.extend_from_slice(b" /*repeat");
        kept.extend_from_slice(&text[word.0..word.1]);
        kept.extend_from_slice(b"*/");
        from = end;
    }
    kept.extend_from_slice(&text[from..]);
    kept
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn is_between(text: &[u8], at: usize) -> bool {
    at > 0 && is_blank(text[at - 1]) && text.get(at + 5).is_some_and(|byte| is_blank(*byte))
}

/// The next repetition: where it starts and ends, where its member ends, and the place of the last ` union`, ` union all`.
fn next(text: &[u8], from: usize, unions: &[usize]) -> Option<(usize, usize, usize, (usize, usize))> {
    for offset in memchr::memmem::find_iter(&text[from..], b"select") {
        let start = from + offset;
        let is_word = start == 0 || !(text[start - 1].is_ascii_alphanumeric() || text[start - 1] == b'_');
        if !is_word || !text.get(start + 6).is_some_and(|byte| is_blank(*byte)) {
            continue;
        }
        for union in unions.iter().filter(|at| **at > start + 7) {
            let member = union - 1;
            let (mut end, mut word) = (member, None);
            while let Some(after) = joined(text, end).filter(|after| text[*after..].starts_with(&text[start..member])) {
                let space = after - 1;
                word = Some((end, space));
                end = after + (member - start);
            }
            if let Some(word) = word {
                return Some((start, end, member, word));
            }
        }
    }
    None
}

/// Where the next member begins, if a ` union ` or ` union all ` stands at `at`.
fn joined(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let blank = |at: usize| rest.get(at).is_some_and(|byte| is_blank(*byte));
    if !(blank(0) && rest[1..].starts_with(b"union") && blank(6)) {
        return None;
    }
    if rest[7..].starts_with(b"all") && blank(10) { Some(at + 11) } else { Some(at + 7) }
}
