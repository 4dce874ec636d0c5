//! How deep a statement's syntax tree would be: each link of `a OR b OR c …` is a level of it, and whoever walks the tree
//! needs stack for each level.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The most links of one chain that are parsed. The binary's stack holds the tree of this many in a debug build.
const MOST: usize = 4000;

/// Whether the tree of these tokens would be deeper than can be walked.
pub(super) fn is_too_deep(tokens: &[TokenWithSpan]) -> bool {
    // Links of the chain at hand, and of those that it stands in.
    let (mut links, mut outer) = (0_usize, Vec::new());
    for token in tokens {
        match &token.token {
            Token::LParen => outer.push(links),
            Token::RParen => links = outer.pop().unwrap_or(links),
            Token::Comma | Token::SemiColon => links = outer.last().copied().unwrap_or(0),
            token if is_link(token) => links += 1,
            _ => {}
        }
        if links > MOST {
            return true;
        }
    }
    false
}

fn is_link(token: &Token) -> bool {
    const WORDS: [&str; 12] =
        ["AND", "OR", "XOR", "NOT", "DIV", "MOD", "LIKE", "IS", "UNION", "EXCEPT", "INTERSECT", "JOIN"];
    match token {
        Token::Word(word) => {
            word.quote_style.is_none() && WORDS.iter().any(|link| word.value.eq_ignore_ascii_case(link))
        }
        _ => matches!(
            token,
            Token::Plus
                | Token::Minus
                | Token::Mul
                | Token::Div
                | Token::Mod
                | Token::Eq
                | Token::Neq
                | Token::Lt
                | Token::Gt
                | Token::LtEq
                | Token::GtEq
                | Token::Spaceship
                | Token::StringConcat
                | Token::Pipe
                | Token::Ampersand
                | Token::Caret
                | Token::ExclamationMark
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse_statement;

    #[test]
    fn a_chain_without_end_is_refused_and_a_list_is_not() {
        for link in [" OR a = 1", " + 1", " UNION SELECT 1", " = 1"] {
            let error = parse_statement(&format!("SELECT 1 FROM t WHERE a{}", link.repeat(20_000))).unwrap_err();
            assert_eq!(error.message, "the statement is nested too deeply", "{link}");
        }
        let rows = vec!["(-1, 2 + 2)"; 20_000].join(", ");
        assert!(parse_statement(&format!("INSERT INTO t VALUES {rows}")).is_ok());
    }
}
