//! Expressions of texts: literals, templates, concatenations, constants, conditions, joined lists.

use super::scope::Scopes;
use super::value::{Hole, Kind, Known, Piece, Runner};
use super::wrapper;
use oxc_ast::ast::{
    Argument, ArrayExpression, ArrayExpressionElement, ArrowFunctionBody, BinaryOperator, CallExpression, Expression,
    LogicalOperator, ObjectPropertyKind, Statement, TemplateLiteral,
};
use oxc_span::{GetSpan, Span};

/// How deep expressions are followed.
const DEEPEST: usize = 200;

/// What is needed to read an expression.
#[derive(Debug)]
pub(super) struct Evaluator<'s> {
    pub(super) source: &'s str,
    /// Names of calls that run SQL, beside those of the common clients.
    pub(super) calls: &'s [String],
    pub(super) scopes: Scopes,
    /// The classes around the place, the innermost last.
    pub(super) classes: Vec<Option<Known>>,
}

impl<'s> Evaluator<'s> {
    /// For a file's top level.
    pub(super) fn new(source: &'s str, calls: &'s [String]) -> Self {
        let mut scopes = Scopes::default();
        scopes.open();
        Self { source, calls, scopes, classes: Vec::new() }
    }

    /// The function of the app that a call is of, where it runs one of its parameters.
    pub(super) fn runner(&self, callee: &Expression<'_>) -> Option<&Runner> {
        let known = match callee.get_inner_expression() {
            Expression::Identifier(name) => self.scopes.sure(name.name.as_str())?,
            Expression::StaticMemberExpression(member) => {
                let object = match member.object.get_inner_expression() {
                    Expression::Identifier(name) => self.scopes.sure(name.name.as_str())?,
                    Expression::ThisExpression(_) => self.classes.last()?.as_ref()?,
                    _ => return None,
                };
                let Known::Object(members) = object else { return None };
                let name = member.property.name.as_str();
                &members.iter().rev().find(|(member, _)| member == name)?.1
            }
            _ => return None,
        };
        match known {
            Known::Runs(runner) => Some(runner),
            _ => None,
        }
    }

    /// The code's own words, on one line and not too many.
    pub(super) fn words(&self, span: Span) -> String {
        let text = self.source.get(span.start as usize..span.end as usize).unwrap_or_default();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = words.chars().take(60).collect();
        if short.len() < words.len() {
            short.push('…');
        }
        short
    }

    /// What is known of an expression.
    pub(super) fn known(&self, expression: &Expression<'_>) -> Known {
        self.at_depth(expression, 0)
    }

    fn at_depth(&self, expression: &Expression<'_>, depth: usize) -> Known {
        let expression = expression.get_inner_expression();
        let other = || Known::Other(self.words(expression.span()));
        if depth > DEEPEST {
            return other();
        }
        let of = |one: &Expression<'_>| self.at_depth(one, depth + 1);
        match expression {
            Expression::StringLiteral(text) => {
                Known::text(text.value.as_str(), Some(self.first_word(text.span.start + 1)))
            }
            Expression::NumericLiteral(number) => Known::text(self.words(number.span), None),
            Expression::TemplateLiteral(template) => self.template(template, Kind::Open, depth),
            Expression::TaggedTemplateExpression(tagged) => {
                let tag = self.words(tagged.tag.span());
                match tag.rsplit('.').next().unwrap_or_default() {
                    "raw" if tag == "String.raw" => self.template(&tagged.quasi, Kind::Open, depth),
                    "sql" | "SQL" => self.template(&tagged.quasi, Kind::Value, depth),
                    _ => other(),
                }
            }
            Expression::BinaryExpression(sum) if sum.operator == BinaryOperator::Addition => {
                self.sum(expression, depth)
            }
            Expression::ConditionalExpression(choice) => of(&choice.consequent).or(of(&choice.alternate)),
            Expression::LogicalExpression(either) if either.operator != LogicalOperator::And => {
                match (of(&either.left), of(&either.right)) {
                    (Known::Texts(left), Known::Texts(right)) => Known::Texts(left).or(Known::Texts(right)),
                    _ => other(),
                }
            }
            Expression::Identifier(name) => self.name(name.name.as_str()),
            Expression::StaticMemberExpression(member) => match of(&member.object) {
                Known::Object(members) => member_of(members, member.property.name.as_str()).unwrap_or_else(other),
                _ => other(),
            },
            Expression::ComputedMemberExpression(member) => match (of(&member.object), of(&member.expression)) {
                (Known::Object(members), Known::Texts(key)) if plain(&key).is_some() => {
                    member_of(members, &plain(&key).unwrap_or_default()).unwrap_or_else(other)
                }
                (Known::Object(members), _) => {
                    members.into_iter().map(|(_, known)| known).reduce(Known::or).unwrap_or_else(other)
                }
                (Known::Lists(lists), _) => lists.into_iter().flatten().reduce(Known::or).unwrap_or_else(other),
                _ => other(),
            },
            Expression::ArrayExpression(array) => self.array(array, depth),
            Expression::ObjectExpression(object) => {
                let mut members = Vec::new();
                for property in &object.properties {
                    match property {
                        ObjectPropertyKind::ObjectProperty(property) => {
                            if let Some(name) = property.key.static_name() {
                                members.push((name.into_owned(), of(&property.value)));
                            }
                        }
                        ObjectPropertyKind::SpreadProperty(spread) => match of(&spread.argument) {
                            Known::Object(more) => members.extend(more),
                            _ => return other(),
                        },
                    }
                }
                Known::Object(members)
            }
            Expression::CallExpression(call) => self.call(call, depth).unwrap_or_else(other),
            Expression::ArrowFunctionExpression(arrow) => wrapper::of_arrow(self, arrow).unwrap_or_else(other),
            Expression::FunctionExpression(function) => wrapper::of_function(self, function).unwrap_or_else(other),
            Expression::ClassExpression(class) => wrapper::of_class(self, class).unwrap_or_else(other),
            // What is made of a class has its methods.
            Expression::NewExpression(new) => match of(&new.callee) {
                Known::Object(members) => Known::Object(members),
                _ => other(),
            },
            _ => other(),
        }
    }

    fn name(&self, name: &str) -> Known {
        self.scopes.get(name).unwrap_or_else(|| Known::Other(name.to_owned()))
    }

    fn array(&self, array: &ArrayExpression<'_>, depth: usize) -> Known {
        let mut items = Vec::new();
        for element in &array.elements {
            match element {
                ArrayExpressionElement::SpreadElement(spread) => match self.at_depth(&spread.argument, depth + 1) {
                    Known::Lists(mut lists) if lists.len() == 1 => items.append(&mut lists[0]),
                    _ => items.push(Known::Other(self.words(spread.span))),
                },
                ArrayExpressionElement::Elision(_) => items.push(Known::text("", None)),
                element => {
                    if let Some(expression) = element.as_expression() {
                        items.push(self.at_depth(expression, depth + 1));
                    }
                }
            }
        }
        Known::Lists(vec![items])
    }

    /// `a + b + c …`, however long.
    fn sum(&self, whole: &Expression<'_>, depth: usize) -> Known {
        let mut terms = Vec::new();
        let mut rest = whole.get_inner_expression();
        while let Expression::BinaryExpression(sum) = rest {
            if sum.operator != BinaryOperator::Addition {
                break;
            }
            terms.push(&sum.right);
            rest = sum.left.get_inner_expression();
        }
        let known = self.at_depth(rest, depth + 1);
        terms.into_iter().rev().fold(known, |text, term| text.then(self.at_depth(term, depth + 1)))
    }

    /// A template; its expressions are of that kind where nothing else is known of them.
    pub(super) fn template(&self, template: &TemplateLiteral<'_>, kind: Kind, depth: usize) -> Known {
        let mut text = Known::Texts(vec![Vec::new()]);
        for (number, part) in template.quasis.iter().enumerate() {
            let words = part.value.cooked.as_ref().unwrap_or(&part.value.raw).as_str();
            if !words.is_empty() {
                // The element's span may hold its delimiters.
                let start = part.span.start as usize;
                let quoted = self.source.as_bytes().get(start).is_some_and(|byte| matches!(byte, b'`' | b'}'));
                let is_within = quoted && !words.starts_with(['`', '}']);
                let at = part.span.start + u32::from(is_within);
                text = text.then(Known::text(words, Some(self.first_word(at))));
            }
            if let Some(expression) = template.expressions.get(number) {
                let known = match self.at_depth(expression, depth + 1) {
                    // A tag takes values, unless it is given a piece of its own making.
                    _ if kind == Kind::Value && !is_tagged(expression) => {
                        Known::hole(self.words(expression.span()), Kind::Value)
                    }
                    known => known,
                };
                text = text.then(known);
            }
        }
        text
    }

    fn call(&self, call: &CallExpression<'_>, depth: usize) -> Option<Known> {
        let words = |span| self.words(span);
        let first = call.arguments.first().and_then(Argument::as_expression);
        let of = |one: &Expression<'_>| self.at_depth(one, depth + 1);
        let Expression::StaticMemberExpression(member) = call.callee.get_inner_expression() else { return None };
        match member.property.name.as_str() {
            "join" => {
                let between = match first.map(of) {
                    None => ",".to_owned(),
                    Some(Known::Texts(forms)) => plain(&forms)?,
                    Some(_) => return None,
                };
                if let Some(item) = self.each(&member.object, depth) {
                    return Some(item);
                }
                let Known::Lists(lists) = of(&member.object) else { return None };
                lists.into_iter().map(|items| joined(items, &between)).reduce(Known::or)
            }
            "trim" | "trimStart" | "trimEnd" | "toString" => Some(of(&member.object)),
            "concat" => {
                let Known::Texts(forms) = of(&member.object) else { return None };
                let rest = call.arguments.iter().map(|one| one.as_expression().map(of));
                rest.collect::<Option<Vec<_>>>().map(|rest| rest.into_iter().fold(Known::Texts(forms), Known::then))
            }
            "freeze" => first.map(of),
            "escape" => Some(Known::hole(words(first?.span()), Kind::Value)),
            "escapeId" => Some(Known::hole(words(first?.span()), Kind::Identifier)),
            _ => None,
        }
    }

    /// `list.map(() => '?')` and `Array(n).fill('?')`: one text for each of many.
    fn each(&self, many: &Expression<'_>, depth: usize) -> Option<Known> {
        let Expression::CallExpression(call) = many.get_inner_expression() else { return None };
        let Expression::StaticMemberExpression(member) = call.callee.get_inner_expression() else { return None };
        let method = member.property.name.as_str();
        let given = call.arguments.last().and_then(Argument::as_expression);
        let item = match (method, given.map(Expression::get_inner_expression)) {
            ("fill", Some(one)) => self.at_depth(one, depth + 1),
            ("map" | "from", Some(Expression::ArrowFunctionExpression(arrow))) => match &arrow.body {
                ArrowFunctionBody::FunctionBody(body) => match body.statements.first() {
                    Some(Statement::ReturnStatement(back)) => self.at_depth(back.argument.as_ref()?, depth + 1),
                    _ => return None,
                },
                body => self.at_depth(body.as_expression()?, depth + 1),
            },
            _ => return None,
        };
        let Known::Texts(forms) = item else { return None };
        let text = plain(&forms)?;
        let whose = self.words(if method == "map" { member.object.span() } else { call.span });
        Some(if text.trim() == "?" { Known::hole(whose, Kind::List) } else { Known::text(text, None) })
    }

    /// The offset of the first character from there that is no white space.
    fn first_word(&self, from: u32) -> u32 {
        let rest = self.source.get(from as usize..).unwrap_or_default();
        let blank = rest.len() - rest.trim_start().len();
        from.saturating_add(u32::try_from(blank).unwrap_or_default())
    }
}

fn is_tagged(expression: &Expression<'_>) -> bool {
    matches!(expression.get_inner_expression(), Expression::TaggedTemplateExpression(_))
}

fn member_of(members: Vec<(String, Known)>, name: &str) -> Option<Known> {
    members.into_iter().rev().find(|(member, _)| member == name).map(|(_, known)| known)
}

/// A text of one form without holes.
pub(super) fn plain(forms: &[Vec<Piece>]) -> Option<String> {
    let [form] = forms else { return None };
    let part = |piece: &Piece| match piece {
        Piece::Text { text, .. } => Some(text.clone()),
        Piece::Hole(Hole { .. }) => None,
    };
    form.iter().map(part).collect()
}

fn joined(items: Vec<Known>, between: &str) -> Known {
    let joined = items.into_iter().reduce(|text, item| text.then(Known::text(between, None)).then(item));
    joined.unwrap_or_else(|| Known::text("", None))
}
