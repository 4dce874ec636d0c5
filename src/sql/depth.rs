//! How deep a statement's syntax tree would be: each link of `a OR b OR c …` is a level of it, and whoever walks the tree
//! needs stack for each level.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The most links of one chain that are parsed. The binary's stack holds the tree of this many in a debug build.
const MOST: usize = 4000;

/// Whether the tree of these tokens would be deeper than can be walked.
pub(super) fn is_too_deep(tokens: &[TokenWithSpan]) -> bool {
    // The chain at hand, and those that it stands in.
    let (mut chain, mut outer) = (Chain::default(), Vec::new());
    for token in tokens {
        match &token.token {
            Token::LParen => {
                outer.push(chain);
                chain = Chain { within: chain.depth(), ..Chain::default() };
            }
            Token::RParen => chain = outer.pop().unwrap_or(chain),
            Token::Comma | Token::SemiColon => chain = Chain { within: chain.within, ..Chain::default() },
            token if is_loose(token) => chain = Chain { loose: chain.loose + 1, tight: 0, ..chain },
            token if is_tight(token) => {
                let tight = chain.tight + 1;
                chain = Chain { tight, tightest: chain.tightest.max(tight), ..chain };
            }
            _ => {}
        }
        if chain.depth() > MOST {
            return true;
        }
    }
    false
}

/// The links of one chain. An operator that binds tightly starts a chain of its own between two that bind loosely:
/// `a = 1 OR a = 2 OR a = 3` is two levels of `OR` above one of `=`.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    /// The depth at which the chain stands.
    within: usize,
    loose: usize,
    /// Those since the last loose one, and the most that ever were between two.
    tight: usize,
    tightest: usize,
}

impl Chain {
    fn depth(self) -> usize {
        self.within + self.loose + self.tightest
    }
}

fn is_loose(token: &Token) -> bool {
    const WORDS: [&str; 8] = ["AND", "OR", "XOR", "NOT", "UNION", "EXCEPT", "INTERSECT", "JOIN"];
    is_word(token, &WORDS)
}

fn is_word(token: &Token, words: &[&str]) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && words.iter().any(|it| word.value.eq_ignore_ascii_case(it)),
        _ => false,
    }
}

fn is_tight(token: &Token) -> bool {
    is_word(token, &["DIV", "MOD", "LIKE", "IS"])
        || matches!(
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
        )
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
        let list = vec!["a = 1"; 3_000].join(" OR ");
        assert!(parse_statement(&format!("SELECT 1 FROM t WHERE {list}")).is_ok(), "an ORM's list of ids");
        let rows = vec!["(-1, 2 + 2)"; 20_000].join(", ");
        assert!(parse_statement(&format!("INSERT INTO t VALUES {rows}")).is_ok());
    }
}
