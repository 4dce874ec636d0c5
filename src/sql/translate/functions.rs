//! `MySQL`'s functions as a table: which mean the same in `SQLite`, which have another name, which become an expression.
//!
//! A function that is in neither engine's list is refused by its name. In a template `{0}` is the first argument, in
//! parentheses where it needs them, and `{*}` all of them.

use super::query::{Translator, raw_name, refusal};
use super::special;
use super::{literal, names};
use crate::sql::parse::SqlError;
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned};

/// How a function is translated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Means the same.
    Same,
    /// Means the same under another name, also over a window.
    Called(&'static str),
    /// An expression for each number of arguments; [`ANY`] admits any number.
    As(&'static [(usize, &'static str)]),
    /// More than a template can say.
    By(fn(&Call<'_>) -> Result<String, String>),
}

/// Any number of arguments.
pub(super) const ANY: usize = usize::MAX;

/// A function call whose arguments have been translated.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// In upper case.
    pub(super) name: &'a str,
    /// The arguments' texts.
    pub(super) args: Vec<String>,
    /// The arguments themselves; `None` for `*`.
    pub(super) exprs: Vec<Option<&'a Expr>>,
    /// The call, for DISTINCT, ORDER BY and SEPARATOR.
    pub(super) function: &'a Function,
}

impl Call<'_> {
    /// An argument in parentheses where it needs them.
    pub(super) fn arg(&self, at: usize) -> String {
        self.args.get(at).map_or_else(|| "NULL".into(), |text| wrapped(text))
    }

    /// The text of an argument that is a string literal.
    pub(super) fn string(&self, at: usize) -> Option<String> {
        self.exprs.get(at).copied().flatten().and_then(literal::string)
    }
}

/// Translates a call in place.
pub(super) fn translate(expr: &mut Expr, translator: &mut Translator<'_>) -> Result<(), SqlError> {
    let place = expr.span();
    let Expr::Function(function) = &*expr else { return Ok(()) };
    let name = names::text(&function.name).to_ascii_uppercase();
    let refuse = |what: String| Err(refusal(what, place));
    if function.name.0.len() > 1 {
        return refuse(format!("the embedded engine has no stored functions such as {}", function.name));
    }
    let Some(rule) = rule(&name) else {
        return if special::BUILT_IN.contains(&name.as_str()) {
            Ok(())
        } else {
            refuse(format!("the embedded engine has no function {name}()"))
        };
    };
    let call = call(&name, function);
    let text = match rule {
        Rule::Same => return Ok(()),
        Rule::Called(other) => {
            if let Expr::Function(function) = expr {
                function.name = raw_name(other.to_owned());
            }
            return Ok(());
        }
        Rule::As(forms) => match forms.iter().find(|(count, _)| *count == call.args.len() || *count == ANY) {
            Some((_, template)) => Ok(fill(template, &call)),
            None => Err(format!("the embedded engine has no {name}() with {} arguments", call.args.len())),
        },
        Rule::By(make) => make(&call),
    };
    let text = text.map_err(|message| refusal(message, place))?;
    if text == function.to_string() {
        return Ok(());
    }
    let over = function.over.is_some();
    // DATE_ADD and its like have made use of their interval.
    let used = call.exprs.iter().flatten().filter(|arg| matches!(arg, Expr::Interval(_))).count();
    translator.intervals.truncate(translator.intervals.len().saturating_sub(used));
    if over {
        return refuse(format!("the embedded engine has no {name}() over a window"));
    }
    *expr = literal::raw(text);
    Ok(())
}

fn rule(name: &str) -> Option<Rule> {
    [special::GENERAL, special::TEXT, super::dates::FUNCTIONS, super::json::FUNCTIONS]
        .iter()
        .flat_map(|table| table.iter())
        .find(|(known, _)| *known == name)
        .map(|(_, rule)| *rule)
}

fn call<'a>(name: &'a str, function: &'a Function) -> Call<'a> {
    let mut call = Call { name, args: vec![], exprs: vec![], function };
    if let FunctionArguments::List(list) = &function.args {
        for arg in &list.args {
            call.args.push(arg.to_string());
            call.exprs.push(match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            });
        }
    }
    call
}

fn fill(template: &str, call: &Call<'_>) -> String {
    let mut text = template.replace("{*}", &call.args.join(", "));
    for at in 0..call.args.len() {
        text = text.replace(&format!("{{{at}}}"), &call.arg(at));
    }
    text
}

/// A text that can stand as an operand: in parentheses unless it is a name, a literal, or one call.
pub(super) fn wrapped(text: &str) -> String {
    let word = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '?' | '`'));
    let string = text.len() > 1 && text.starts_with('\'') && text[1..].find('\'') == Some(text.len() - 2);
    if word(text) || string || closes_at_end(text, word) { text.to_owned() } else { format!("({text})") }
}

/// Whether the text is `name(…)` or `(…)` with the first parenthesis closed by the last character.
fn closes_at_end(text: &str, word: impl Fn(&str) -> bool) -> bool {
    let Some((head, _)) = text.split_once('(') else { return false };
    if !word(head) {
        return false;
    }
    let mut depth = 0_i32;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c == '(' => depth += 1,
            None if c == ')' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1 == text.len();
                }
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn only_operands_go_without_parentheses() {
        for bare in ["a", "t.a", "`a b`", "'x y'", "?1", "f(a, b)", "((a) + (b))"] {
            let expected = if bare == "`a b`" { "(`a b`)" } else { bare };
            assert_eq!(wrapped(bare), expected);
        }
        for loose in ["a + b", "f(a) + g(b)", "'a' || 'b'", "(a) + (b)", "-1"] {
            assert_eq!(wrapped(loose), format!("({loose})"));
        }
    }
}
