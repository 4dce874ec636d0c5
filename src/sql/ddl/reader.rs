//! Walks the tokens of one statement, spaces and comments left out.

use crate::model::schema::KeyPart;
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer};

/// A position in a statement's tokens.
#[derive(Clone)]
pub(in crate::sql) struct Reader {
    tokens: Vec<Token>,
    at: usize,
    /// The databases that names were qualified with.
    databases: Vec<String>,
}

impl Reader {
    /// `None` when the text cannot be tokenized.
    pub(in crate::sql) fn new(sql: &str) -> Option<Self> {
        // MariaDB's own executable comment, which the tokenizer does not look into.
        let sql = sql.replace("/*M!", "/*!");
        let tokens = Tokenizer::new(&MySqlDialect {}, &sql).tokenize().ok()?;
        Some(Self {
            tokens: tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect(),
            at: 0,
            databases: Vec::new(),
        })
    }

    /// Whether everything was read.
    pub(in crate::sql) fn is_done(&self) -> bool {
        self.at >= self.tokens.len() || self.tokens[self.at] == Token::SemiColon
    }

    /// The next token as an upper-case word; a quoted name or a symbol gives an empty text. Moves on.
    pub(in crate::sql) fn word(&mut self) -> String {
        let word = self.peek(0);
        self.at += 1;
        word
    }

    /// The unquoted word that many tokens ahead, in upper case.
    pub(in crate::sql) fn peek(&self, ahead: usize) -> String {
        match self.tokens.get(self.at + ahead) {
            Some(Token::Word(word)) if word.quote_style.is_none() => word.value.to_ascii_uppercase(),
            _ => String::new(),
        }
    }

    /// Moves past a keyword or a symbol if it is next.
    pub(in crate::sql) fn eat(&mut self, text: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text),
            Some(token) => token.to_string() == text,
            None => false,
        };
        self.at += usize::from(found);
        found
    }

    /// Moves past `IF [NOT] EXISTS`.
    pub(in crate::sql) fn if_exists(&mut self) {
        if self.eat("IF") {
            self.eat("NOT");
            self.eat("EXISTS");
        }
    }

    /// Moves past `IF [NOT] EXISTS`, and tells whether it was there.
    pub(in crate::sql) fn if_exists_was(&mut self) -> bool {
        let at = self.at;
        self.if_exists();
        self.at > at
    }

    /// Moves past `USING BTREE` and its like.
    pub(in crate::sql) fn index_type(&mut self) {
        if self.eat("USING") {
            self.at += 1;
        }
    }

    /// A name, quoted or not, its database left out. Moves on only if there is one.
    pub(in crate::sql) fn name(&mut self) -> Option<String> {
        let mut name = self.name_at(self.at)?;
        self.at += 1;
        while self.eat(".") {
            if let Some(next) = self.name_at(self.at) {
                self.databases.push(std::mem::replace(&mut name, next));
                self.at += 1;
            }
        }
        Some(name)
    }

    /// The name at a place. Where one has to stand, double quotes hold a name: the server runs with `ANSI_QUOTES`.
    fn name_at(&self, at: usize) -> Option<String> {
        match self.tokens.get(at)? {
            Token::Word(word) => Some(word.value.clone()),
            Token::DoubleQuotedString(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// A name or a text in quotes of either sort. Moves on only if there is one.
    pub(in crate::sql) fn value(&mut self) -> Option<String> {
        let value = match self.tokens.get(self.at)? {
            Token::SingleQuotedString(text) => text.clone(),
            _ => self.name_at(self.at)?,
        };
        self.at += 1;
        Some(value)
    }

    /// Whether a comma is next.
    pub(in crate::sql) fn at_comma(&self) -> bool {
        self.tokens.get(self.at) == Some(&Token::Comma)
    }

    /// The databases that the names read so far were qualified with.
    pub(in crate::sql) fn databases(self) -> Vec<String> {
        self.databases
    }

    /// How many tokens were read.
    pub(in crate::sql) fn position(&self) -> usize {
        self.at
    }

    /// Whether a comma or a JOIN stands between two positions.
    pub(in crate::sql) fn has_join(&self, from: usize, to: usize) -> bool {
        let range = from.min(self.tokens.len())..to.min(self.tokens.len());
        self.tokens[range].iter().any(|token| match token {
            Token::Comma => true,
            Token::Word(word) => {
                word.quote_style.is_none()
                    && (word.value.eq_ignore_ascii_case("JOIN") || word.value.eq_ignore_ascii_case("STRAIGHT_JOIN"))
            }
            _ => false,
        })
    }

    /// Whether a word stands anywhere in what is left, outside parentheses.
    pub(in crate::sql) fn has_ahead(&self, words: &[&str]) -> bool {
        let mut depth = 0_i32;
        self.tokens[self.at.min(self.tokens.len())..].iter().any(|token| {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            depth == 0
                && match token {
                    Token::Word(word) if word.quote_style.is_none() => {
                        words.iter().any(|text| word.value.eq_ignore_ascii_case(text))
                    }
                    _ => false,
                }
        })
    }

    /// Moves to the first of these unquoted words outside parentheses; false, at the end, when there is none.
    pub(in crate::sql) fn seek(&mut self, words: &[&str]) -> bool {
        let mut depth = 0_i32;
        while !self.is_done() {
            match &self.tokens[self.at] {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ if depth == 0 && words.contains(&self.peek(0).as_str()) => return true,
                _ => {}
            }
            self.at += 1;
        }
        false
    }

    /// Names between commas.
    pub(in crate::sql) fn names(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self.name().into_iter().collect();
        while self.eat(",") {
            names.extend(self.name());
        }
        names
    }

    /// The columns of a parenthesised list of key parts; an expression gives none.
    pub(in crate::sql) fn key_columns(&mut self) -> Vec<String> {
        let mut columns = Vec::new();
        if !self.eat("(") {
            return columns;
        }
        let mut depth = 1;
        let mut first = true;
        while let (Some(token), true) = (self.tokens.get(self.at), depth > 0) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::Word(word) if depth == 1 && first => columns.push(word.value.clone()),
                _ => {}
            }
            first = matches!(self.tokens[self.at], Token::Comma) && depth == 1;
            self.at += 1;
        }
        columns
    }

    /// A parenthesised list of key parts; `None` when one of them is of a form that is not known.
    pub(in crate::sql) fn key_parts(&mut self) -> Option<Vec<KeyPart>> {
        let mut parts = Vec::new();
        if !self.eat("(") {
            return None;
        }
        loop {
            let mut part = if self.eat("(") {
                KeyPart { column: None, expression: Some(self.rest_of_parentheses()?), prefix: None, descending: false }
            } else {
                KeyPart::column(self.name()?)
            };
            if part.column.is_some() && self.eat("(") {
                let Some(Token::Number(length, _)) = self.tokens.get(self.at) else { return None };
                part.prefix = Some(length.parse().ok()?);
                self.at += 1;
                self.eat(")").then_some(())?;
            }
            let _ascending = self.eat("ASC");
            part.descending = self.eat("DESC");
            parts.push(part);
            if self.eat(")") {
                return Some(parts);
            }
            self.eat(",").then_some(())?;
        }
    }

    /// The text up to the end of parentheses that are open, without spaces; moves past it.
    pub(in crate::sql) fn rest_of_parentheses(&mut self) -> Option<String> {
        let (mut text, mut depth) = (String::new(), 1);
        loop {
            let token = self.tokens.get(self.at)?;
            self.at += 1;
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(text);
            }
            if matches!(token, Token::Word(_)) && text.ends_with(|last: char| last.is_alphanumeric()) {
                text.push(' ');
            }
            match token {
                Token::SingleQuotedString(inner) => text.extend(["'", &inner.replace('\'', "''"), "'"]),
                _ => text.push_str(&token.to_string()),
            }
        }
    }

    /// What stands in the parentheses that open here, with spaces between its tokens; moves past them.
    pub(in crate::sql) fn parenthesised(&mut self) -> Option<String> {
        self.eat("(").then_some(())?;
        let (mut words, mut depth) = (Vec::new(), 1);
        loop {
            let token = self.tokens.get(self.at)?;
            self.at += 1;
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(words.join(" "));
            }
            words.push(spelled(token));
        }
    }

    /// Moves to the end.
    pub(in crate::sql) fn skip_all(&mut self) {
        self.at = self.tokens.len();
    }

    /// Whether a symbol is next.
    pub(in crate::sql) fn peek_symbol(&self, symbol: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.to_string() == symbol)
    }

    /// The values of a parenthesised list, texts in single quotes; moves past it.
    pub(in crate::sql) fn parenthesised_list(&mut self) -> Option<Vec<String>> {
        self.eat("(").then_some(())?;
        let mut values = Vec::new();
        loop {
            values.push(self.token()?);
            if self.eat(")") {
                return Some(values);
            }
            self.eat(",").then_some(())?;
        }
    }

    /// Everything that is left, with spaces between its tokens and unquoted words in upper case.
    pub(in crate::sql) fn rest(&self) -> String {
        let left = self.tokens[self.at.min(self.tokens.len())..].iter();
        let spelled = left.filter(|token| **token != Token::SemiColon).map(|token| match token {
            Token::Word(word) => word.value.to_uppercase(),
            other => spelled(other),
        });
        spelled.collect::<Vec<_>>().join(" ")
    }

    /// The next token as it is written, texts in single quotes. Moves on.
    pub(in crate::sql) fn token(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(spelled(token))
    }

    /// The unquoted words up to the next comma or the end of the parentheses around, in upper case, without what stands in
    /// parentheses of its own. Does not move.
    pub(in crate::sql) fn clause_words(&self) -> Vec<String> {
        let (mut words, mut depth) = (Vec::new(), 0);
        for token in &self.tokens[self.at.min(self.tokens.len())..] {
            match token {
                Token::LParen => depth += 1,
                Token::RParen | Token::Comma | Token::SemiColon if depth == 0 => break,
                Token::RParen => depth -= 1,
                Token::Word(word) if depth == 0 && word.quote_style.is_none() => {
                    words.push(word.value.to_ascii_uppercase());
                }
                _ => {}
            }
        }
        words
    }

    /// Moves to the end of a clause within parentheses, and past the comma or the parenthesis there; whether it is a comma.
    pub(in crate::sql) fn next_element(&mut self) -> Option<bool> {
        let mut depth = 0;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 0 => return Some(false),
                Token::RParen => depth -= 1,
                Token::Comma if depth == 0 => return Some(true),
                _ => {}
            }
        }
        None
    }

    /// Whether the next token is an unquoted keyword of SQL rather than a name of the user's.
    pub(in crate::sql) fn at_keyword(&self) -> bool {
        matches!(self.tokens.get(self.at),
            Some(Token::Word(word)) if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword)
    }

    /// Moves to the next comma outside parentheses, and past it; false at the end.
    pub(in crate::sql) fn next_clause(&mut self) -> bool {
        let mut depth = 0_i32;
        while !self.is_done() {
            match self.tokens[self.at] {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                Token::Comma if depth <= 0 => {
                    self.at += 1;
                    return true;
                }
                _ => {}
            }
            self.at += 1;
        }
        false
    }
}

fn spelled(token: &Token) -> String {
    match token {
        Token::SingleQuotedString(text) => crate::sql::quote::literal(text),
        other => other.to_string(),
    }
}
