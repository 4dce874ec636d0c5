//! Which calls run SQL, what they are given, and which texts outside of them look like SQL.

use super::compose::Passed;
use super::value::{Known, Piece, Runner};
use super::visit::Visitor;
use oxc_ast::ast::{
    Argument, ArrayExpressionElement, CallExpression, Expression, MemberExpression, Statement, VariableDeclarator,
};
use oxc_ast_visit::Visit;
use oxc_span::{GetSpan, Span};

/// Methods and functions that run the SQL that they are given first.
const CALLS: [&str; 16] = [
    "query",
    "execute",
    "queryRow",
    "queryRows",
    "queryOne",
    "queryAll",
    "raw",
    "$queryRaw",
    "$queryRawUnsafe",
    "$executeRaw",
    "$executeRawUnsafe",
    "prepare",
    "queryStream",
    "batch",
    "runQuery",
    "queryFirst",
];
/// Calls that write a list into the text themselves; the others prepare the statement.
const PREPARES: [&str; 3] = ["execute", "prepare", "batch"];
/// Methods that call a function for each item.
pub(super) const EACH: [&str; 9] = ["map", "forEach", "flatMap", "filter", "reduce", "some", "every", "find", "each"];
pub(super) const ROUTES: [&str; 8] = ["get", "post", "put", "patch", "delete", "use", "all", "on"];

impl Visitor<'_> {
    pub(super) fn passed(&self, call: &CallExpression<'_>, runner: &Runner) -> Passed {
        let mut passed = Passed { values: Vec::new(), spreads: !PREPARES.contains(&runner.call.as_str()) };
        let mut list = call.arguments.get(runner.parameter + 1).and_then(Argument::as_expression);
        let text = call.arguments.get(runner.parameter).and_then(Argument::as_expression);
        if let Some(Expression::ObjectExpression(object)) = text {
            list = list.or_else(|| member(object, "values"));
        }
        if let Some(Expression::ArrayExpression(array)) = list.map(Expression::get_inner_expression) {
            for element in &array.elements {
                if matches!(element, ArrayExpressionElement::SpreadElement(_)) {
                    break;
                }
                passed.values.push(self.evaluator.words(element.span()));
            }
        }
        passed
    }

    pub(super) fn connection(&mut self, name: &str, span: Span) {
        let makes = matches!(name, "createConnection" | "createPool");
        if makes && self.evaluator.scopes.depth > 0 && span.start >= self.kept {
            let function = self.names.last().map_or("a function", String::as_str);
            let what = if name == "createPool" { "a pool" } else { "a connection" };
            let message =
                format!("`{name}` runs in `{function}`: {what} for each call of it; make one for all, outside of it");
            self.findings.push((span.start, "connection-per-request".into(), message, self.standing()));
        }
    }

    /// A text that is in no call as far as is known yet.
    pub(super) fn loose(&mut self, expression: &Expression<'_>) {
        let span = expression.span();
        let is_text = match expression.get_inner_expression() {
            Expression::StringLiteral(_) | Expression::TemplateLiteral(_) => true,
            Expression::BinaryExpression(sum) => sum.operator == oxc_syntax::operator::BinaryOperator::Addition,
            Expression::TaggedTemplateExpression(tagged) => {
                matches!(self.evaluator.words(tagged.tag.span()).rsplit('.').next(), Some("sql" | "SQL" | "raw"))
            }
            Expression::CallExpression(call) => {
                call.callee.as_member_expression().and_then(MemberExpression::static_property_name) == Some("join")
            }
            _ => false,
        };
        if !is_text || span.start < self.quiet {
            return;
        }
        // Most texts are none, and need not be followed.
        let begins = match expression.get_inner_expression() {
            Expression::StringLiteral(text) => Some(text.value.as_str()),
            Expression::TemplateLiteral(template) => {
                let first = template.quasis.first();
                first
                    .and_then(|part| part.value.cooked.as_ref())
                    .map(oxc_ast::ast::Str::as_str)
                    .filter(|text| !text.is_empty())
            }
            _ => None,
        };
        if begins.is_some_and(|begins| !is_like_sql(begins)) {
            self.quiet = self.quiet.max(span.end);
            return;
        }
        let Known::Texts(forms) = self.evaluator.known(expression) else { return };
        self.quiet = self.quiet.max(span.end);
        let is_statement = forms.first().and_then(|form| form.first()).is_some_and(|piece| match piece {
            Piece::Text { text, .. } => is_like_sql(text),
            Piece::Hole(_) => false,
        });
        if is_statement {
            self.see(Known::Texts(forms), Passed::default(), span, None);
        }
    }

    pub(super) fn walk_declarator(&mut self, it: &VariableDeclarator<'_>) {
        if let Some(init) = &it.init {
            self.visit_expression(init);
        }
        self.visit_binding_pattern(&it.id);
    }

    pub(super) fn runs(&self, name: &str) -> bool {
        is_client(name, self.evaluator.calls)
    }
}

/// Whether calls of that name run the SQL that they are given first.
pub(super) fn is_client(name: &str, calls: &[String]) -> bool {
    CALLS.contains(&name) || calls.iter().any(|call| call == name)
}

pub(super) fn member<'a, 'b>(object: &'b oxc_ast::ast::ObjectExpression<'a>, name: &str) -> Option<&'b Expression<'a>> {
    object.properties.iter().find_map(|property| match property {
        oxc_ast::ast::ObjectPropertyKind::ObjectProperty(property) if property.key.static_name()? == name => {
            Some(&property.value)
        }
        _ => None,
    })
}

/// Whether a text that is in no call begins as SQL rather than as a sentence: `Select a file from the list`.
pub(super) fn is_like_sql(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (verb, rest) = text.split_at(end);
    let is_verb = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "CREATE", "ALTER", "DROP", "TRUNCATE"]
        .iter()
        .any(|one| verb.eq_ignore_ascii_case(one));
    let is_upper = verb.chars().all(|c| c.is_ascii_uppercase());
    let is_lower = verb.chars().all(|c| c.is_ascii_lowercase());
    is_verb && !rest.trim().is_empty() && (is_upper || (is_lower && rest.contains(['=', '?', '*', '('])))
}

pub(super) fn ends(statement: &Statement<'_>) -> bool {
    match statement {
        Statement::ReturnStatement(_) | Statement::ThrowStatement(_) | Statement::ContinueStatement(_) => true,
        Statement::BlockStatement(block) => block.body.last().is_some_and(ends),
        _ => false,
    }
}

pub(super) fn callee(expression: &Expression<'_>) -> Option<String> {
    match expression.get_inner_expression() {
        Expression::Identifier(name) => Some(name.name.to_string()),
        Expression::ChainExpression(_) => None,
        other => other.as_member_expression().and_then(MemberExpression::static_property_name).map(str::to_owned),
    }
}

/// A word for a name: letters, digits and dashes.
pub(super) fn slug(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}
