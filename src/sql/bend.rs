//! Token patterns of `MySQL` and `MariaDB` that the parser rejects or misreads, replaced by ones that mean the same to an analysis.
//!
//! The replacements keep the span of what they stand for. Only analysis sees bent tokens; a server always gets the text as written.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Modifiers that the parser would take for table names: dropped before the first attempt. White space goes as well.
#[must_use]
pub fn always(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let tokens: Vec<_> = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let modifiers: &[&str] = match tokens.first().and_then(word) {
        Some(first) if first.eq_ignore_ascii_case("UPDATE") => &["LOW_PRIORITY", "IGNORE"],
        Some(first) if first.eq_ignore_ascii_case("DELETE") => &["LOW_PRIORITY", "QUICK", "IGNORE"],
        Some(first) if first.eq_ignore_ascii_case("REPLACE") => &["LOW_PRIORITY", "DELAYED"],
        _ => return tokens,
    };
    let skipped = tokens[1..].iter().take_while(|token| modifiers.iter().any(|name| is(token, name))).count();
    tokens.iter().take(1).chain(tokens.iter().skip(1 + skipped)).cloned().collect()
}

/// The tokens with every known pattern bent; `None` when there is none.
#[must_use]
pub fn on_failure(tokens: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let ddl = tokens.first().is_some_and(|token| is(token, "CREATE") || is(token, "ALTER"));
    let tables_end = match tokens.first() {
        Some(first) if is(first, "UPDATE") => tokens.iter().position(|token| is(token, "SET")).unwrap_or(0),
        _ => 0,
    };
    let mut depth = 0_i32;
    let mut bent = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let rest = &tokens[at..];
        depth += i32::from(rest[0].token == Token::LParen) - i32::from(rest[0].token == Token::RParen);
        if at < tables_end && depth == 0 && rest[0].token == Token::Comma {
            // `UPDATE a, b SET …`
            let span = rest[0].span;
            bent.extend([plain("CROSS"), plain("JOIN")].map(|token| TokenWithSpan { token, span }));
            at += 1;
            continue;
        }
        let (taken, put) = statement_pattern(rest, at, tokens)
            .or_else(|| if ddl { ddl_pattern(rest) } else { None })
            .unwrap_or_else(|| (1, vec![rest[0].token.clone()]));
        bent.extend(put.into_iter().map(|token| TokenWithSpan { token, span: rest[0].span }));
        at += taken.max(1);
    }
    let changed = bent.len() != tokens.len() || bent.iter().zip(tokens).any(|(new, old)| new.token != old.token);
    changed.then_some(bent)
}

type Bent = Option<(usize, Vec<Token>)>;

fn statement_pattern(rest: &[TokenWithSpan], at: usize, tokens: &[TokenWithSpan]) -> Bent {
    let previous = at.checked_sub(1).map(|before| &tokens[before]);
    let next = rest.get(1);
    if starts(rest, &["LOCK", "IN", "SHARE", "MODE"]) {
        return Some((4, vec![plain("FOR"), plain("SHARE")]));
    }
    if starts(rest, &["SOUNDS", "LIKE"]) {
        return Some((2, vec![plain("LIKE")]));
    }
    if is(&rest[0], "WAIT") && matches!(next, Some(TokenWithSpan { token: Token::Number(..), .. })) {
        return Some((2, vec![]));
    }
    if is(&rest[0], "MOD") && next.is_none_or(|token| token.token != Token::LParen) {
        return Some((1, vec![Token::Mod]));
    }
    if rest[0].token == Token::ExclamationMark {
        return Some((1, vec![plain("NOT")]));
    }
    if let Some(unit) = word(&rest[0]).filter(|_| previous.is_none_or(|token| token.token != Token::Period))
        && let Some(simple) = compound_unit(unit)
    {
        return Some((1, vec![plain(simple)]));
    }
    if is(&rest[0], "INTERVAL") && is_interval_function(rest) {
        return Some((1, vec![plain("FIELD")]));
    }
    if is(&rest[0], "VALUES") && next.is_some_and(|token| matches!(token.token, Token::Placeholder(_))) {
        return Some((2, vec![plain("VALUES"), Token::LParen, rest[1].token.clone(), Token::RParen]));
    }
    if is(&rest[0], "TABLE") && previous.is_none() {
        return Some((1, vec![plain("SELECT"), Token::Mul, plain("FROM")]));
    }
    if is(&rest[0], "BINARY") && !previous.is_some_and(|token| is(token, "AS") || token.token == Token::Comma) {
        return Some((1, vec![]));
    }
    if is(&rest[0], "USING") && next.and_then(word).is_some_and(|name| name.to_ascii_lowercase().starts_with("utf8")) {
        return Some((2, vec![]));
    }
    None
}

fn ddl_pattern(rest: &[TokenWithSpan]) -> Bent {
    if is(&rest[0], "INVISIBLE") || is(&rest[0], "VISIBLE") || is(&rest[0], "ZEROFILL") {
        return Some((1, vec![]));
    }
    if starts(rest, &["USING", "BTREE"]) || starts(rest, &["USING", "HASH"]) {
        return Some((2, vec![]));
    }
    if starts(rest, &["WITH", "PARSER"]) {
        return Some((3.min(rest.len()), vec![]));
    }
    if starts(rest, &["FULLTEXT", "INDEX"]) || starts(rest, &["FULLTEXT", "KEY"]) {
        return Some((1, vec![]));
    }
    if is(&rest[0], "COMMENT") {
        let equals = usize::from(rest.get(1).is_some_and(|token| token.token == Token::Eq));
        if let Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_)) =
            rest.get(1 + equals).map(|t| &t.token)
        {
            return Some((2 + equals, vec![]));
        }
    }
    None
}

/// `INTERVAL(a, b, …)` the function, not `INTERVAL (a) DAY`.
fn is_interval_function(rest: &[TokenWithSpan]) -> bool {
    let mut depth = 0;
    for token in rest.iter().skip(1) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => return false,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 1 => return true,
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

fn compound_unit(name: &str) -> Option<&'static str> {
    let (first, second) = name.split_once('_')?;
    let unit = |text: &str| {
        ["MICROSECOND", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"]
            .into_iter()
            .find(|u| u.eq_ignore_ascii_case(text))
    };
    unit(second).and(unit(first))
}

fn word(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
        _ => None,
    }
}

fn is(token: &TokenWithSpan, name: &str) -> bool {
    word(token).is_some_and(|word| word.eq_ignore_ascii_case(name))
}

fn starts(tokens: &[TokenWithSpan], names: &[&str]) -> bool {
    tokens.len() >= names.len() && names.iter().zip(tokens).all(|(name, token)| is(token, name))
}

fn plain(name: &str) -> Token {
    Token::make_word(name, None)
}
