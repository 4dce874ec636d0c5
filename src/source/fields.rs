//! Reads typed values out of a YAML tree and gathers every mistake on the way.
//!
//! Unknown fields are mistakes: a misspelt field that is silently ignored changes a verdict without anybody noticing.

use super::error::SourceError;
use super::nearest::nearest;
use super::node::{Content, Node};
use super::yaml::Document;
use crate::model::query::Value;
use serde_saphyr::Spanned;

/// A file that is being read, with what was found to be wrong so far.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    /// The file.
    pub(super) document: &'a Document,
    /// What is wrong with it.
    pub(super) problems: Vec<SourceError>,
}

/// The fields of a mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    node: &'a Node,
    entries: &'a [(Spanned<String>, Node)],
}

impl<'a> Fields<'a> {
    /// A field's value; an empty one is the same as none.
    pub(super) fn get(&self, name: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(key, _)| key.value == name).map(|(_, node)| node).filter(|node| !node.is_null())
    }
}

impl<'a> Reader<'a> {
    /// A reader of that file.
    pub(super) fn new(document: &'a Document) -> Self {
        Self { document, problems: Vec::new() }
    }

    /// Notes a mistake at a value.
    pub(super) fn wrong(&mut self, node: &Node, message: &str, remedy: &str) {
        let at = self.document.spot(node.at);
        self.problems.push(self.document.mistake(at, message, remedy));
    }

    /// The value, or all that is wrong with the file.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, SourceError> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => {
                let at = self.problems.first().and_then(|problem| problem.at.clone());
                let messages: Vec<String> = self.problems.into_iter().map(|problem| problem.message).collect();
                Err(SourceError { message: messages.join("\n"), at })
            }
        }
    }

    /// The fields of a mapping; those that are not known are mistakes.
    pub(super) fn fields(&mut self, node: &'a Node, what: &str, known: &[&str]) -> Option<Fields<'a>> {
        let Content::Map(entries) = &node.content else {
            self.wrong(node, &format!("{what} is a mapping with the fields {}", known.join(", ")), "");
            return None;
        };
        for (key, _) in entries {
            if !known.contains(&key.value.as_str()) {
                let remedy = match nearest(&key.value, known) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("known are {}", known.join(", ")),
                };
                let at = self.document.spot(key.referenced);
                self.problems.push(self.document.mistake(at, &format!("unknown field `{}`", key.value), &remedy));
            }
        }
        Some(Fields { node, entries })
    }

    /// A field that must be there.
    pub(super) fn required(&mut self, fields: &Fields<'a>, name: &str, remedy: &str) -> Option<&'a Node> {
        let found = fields.get(name);
        if found.is_none() {
            self.wrong(fields.node, &format!("the field `{name}` is missing"), remedy);
        }
        found
    }

    /// A text; a number or a word such as `true` is taken as it is written.
    pub(super) fn text(&mut self, node: &Node) -> Option<String> {
        match &node.content {
            Content::Scalar(Value::Text(text)) => Some(text.clone()),
            Content::Scalar(_) => self.document.written(node).map(str::to_owned),
            Content::List(_) | Content::Map(_) => self.not(node, "a text"),
        }
    }

    /// A whole number from 0 on. `10_000_000` and `1e7` are taken too.
    pub(super) fn count(&mut self, node: &Node) -> Option<u64> {
        let number = match &node.content {
            Content::Scalar(Value::Int(number)) => u64::try_from(*number).ok(),
            Content::Scalar(Value::Float(number)) if number.fract() == 0.0 && (0.0..=9.0e15).contains(number) => {
                format!("{number:.0}").parse().ok()
            }
            Content::Scalar(Value::Text(text)) if text.contains('_') => text.replace('_', "").parse().ok(),
            _ => None,
        };
        number.or_else(|| self.not(node, "a whole number from 0 on"))
    }

    /// A number.
    pub(super) fn number(&mut self, node: &Node) -> Option<f64> {
        match &node.content {
            Content::Scalar(Value::Int(number)) => Some(*number as f64),
            Content::Scalar(Value::Float(number)) => Some(*number),
            _ => self.not(node, "a number"),
        }
    }

    /// True or false.
    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        match &node.content {
            Content::Scalar(Value::Bool(flag)) => Some(*flag),
            _ => self.not(node, "true or false"),
        }
    }

    /// Any scalar.
    pub(super) fn scalar(&mut self, node: &Node) -> Option<Value> {
        match &node.content {
            Content::Scalar(value) => Some(value.clone()),
            _ => self.not(node, "a text, a number, true, false or null"),
        }
    }

    /// A list.
    pub(super) fn list(&mut self, node: &'a Node) -> Option<&'a [Node]> {
        match &node.content {
            Content::List(items) => Some(items),
            _ => self.not(node, "a list"),
        }
    }

    /// A mapping whose keys are names of the user's.
    pub(super) fn names(&mut self, node: &'a Node) -> Option<&'a [(Spanned<String>, Node)]> {
        match &node.content {
            Content::Map(entries) => Some(entries),
            _ => self.not(node, "a mapping from names to values"),
        }
    }

    fn not<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        self.wrong(node, &format!("expected {expected}"), "");
        None
    }
}
