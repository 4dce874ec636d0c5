//! Whether two expressions are the same but for how they are written: brackets, spaces, quotes around names, the character
//! sets that `MySQL` puts before texts. Told by their trees, so that no bracket that matters is lost.

use sqlparser::ast::{Expr, Ident, ObjectNamePart, VisitMut, VisitorMut};
use sqlparser::dialect::MySqlDialect;
use sqlparser::parser::Parser;
use std::ops::ControlFlow;

/// Whether they are the same; `None` when one of them cannot be read.
#[must_use]
pub fn same(one: &str, other: &str) -> Option<bool> {
    Some(tree(one)? == tree(other)?)
}

fn tree(text: &str) -> Option<Expr> {
    // MySQL's catalogue escapes the quotes of texts.
    let text = text.replace("\\'", "'");
    let mut parser = Parser::new(&MySqlDialect {}).try_with_sql(&text).ok()?;
    let mut expr = parser.parse_expr().ok()?;
    if parser.peek_token().token != sqlparser::tokenizer::Token::EOF {
        return None;
    }
    let _ = VisitMut::visit(&mut expr, &mut Plain);
    Some(expr)
}

struct Plain;

impl VisitorMut for Plain {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        let plain = |name: &mut Ident| *name = Ident::new(name.value.to_lowercase());
        match expr {
            Expr::Nested(inner) | Expr::Prefixed { value: inner, .. } => *expr = (**inner).clone(),
            Expr::Identifier(name) => plain(name),
            Expr::CompoundIdentifier(names) => names.iter_mut().for_each(plain),
            Expr::Function(function) => {
                for part in &mut function.name.0 {
                    if let ObjectNamePart::Identifier(name) = part {
                        plain(name);
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_the_same_and_what_means_something_else_is_not() {
        for (one, other, expected) in [
            ("price > 0 AND (a<>'x')", "((`price` > 0) and (`a` <> _utf8mb4\\'x\\'))", Some(true)),
            ("twice*2", "(`twice` * 2)", Some(true)),
            ("LOWER( Name )", "lower(`name`)", Some(true)),
            ("(a + b) * c", "a + b * c", Some(false)),
            ("a > 1", "a > 2", Some(false)),
            ("a IN (1, 2)", "(`a` in (1,2))", Some(true)),
            ("a >", "a > 1", None),
        ] {
            assert_eq!(same(one, other), expected, "{one} and {other}");
        }
    }
}
