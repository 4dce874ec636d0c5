//! The walk through a file: which calls run SQL, with which text, in which function, in a loop or not.

use super::calls::{EACH, ROUTES, callee, ends, member, slug};
use super::compose::Passed;
use super::evaluate::Evaluator;
use super::request::{Calls, Exported, Standing};
use super::value::{Form, Kind, Known, Piece, Runner};
use super::wrapper;
use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentExpression, AssignmentOperator, AssignmentTarget, BindingIdentifier,
    BindingPattern, BlockStatement, CallExpression, Class, DoWhileStatement, Expression, ForInStatement,
    ForOfStatement, ForStatement, Function, IfStatement, MemberExpression, MethodDefinition, ObjectProperty,
    PropertyDefinition, SwitchStatement, TaggedTemplateExpression, VariableDeclaration, VariableDeclarator,
    WhileStatement,
};
use oxc_ast_visit::{Visit, walk};
use oxc_span::Span;
use oxc_syntax::scope::ScopeFlags;
use std::collections::HashSet;

/// Levels of expressions that a walk goes into.
pub(super) const DEEPEST: usize = 1000;

/// A text that is or may be SQL.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) forms: Vec<Form>,
    pub(super) passed: Passed,
    pub(super) at: u32,
    pub(super) function: String,
    pub(super) in_loop: bool,
    pub(super) is_module_level: bool,
    pub(super) standing: Standing,
    /// The call; `None` when it is in none that is known.
    pub(super) call: Option<String>,
}

/// The walk.
#[derive(Debug)]
pub(super) struct Visitor<'s> {
    pub(super) evaluator: Evaluator<'s>,
    pub(super) seen: Vec<Seen>,
    pub(super) findings: Vec<(u32, String, String, Standing)>,
    /// Offsets of texts that calls have run.
    pub(super) consumed: HashSet<u32>,
    pub(super) names: Vec<String>,
    pub(super) pending: Option<String>,
    pub(super) loops: usize,
    /// The next function is called for each item.
    pub(super) each: bool,
    /// Texts before that offset are parts of one that was seen.
    pub(super) quiet: u32,
    /// A connection that is made before that offset is kept for all calls.
    pub(super) kept: u32,
    pub(super) depth: usize,
    /// Whether the declaration at hand is of a constant.
    pub(super) is_constant: bool,
    /// Handlers around the place.
    pub(super) handlers: usize,
    /// The next function is given to a router.
    pub(super) route: bool,
    pub(super) exported: Exported,
    pub(super) reach: Calls,
}

impl<'s> Visitor<'s> {
    pub(super) fn new(evaluator: Evaluator<'s>, exported: Exported) -> Self {
        Self {
            evaluator,
            seen: Vec::new(),
            findings: Vec::new(),
            consumed: HashSet::new(),
            names: Vec::new(),
            pending: None,
            loops: 0,
            each: false,
            quiet: 0,
            kept: 0,
            depth: 0,
            is_constant: false,
            handlers: 0,
            route: false,
            exported,
            reach: Calls::default(),
        }
    }

    pub(super) fn see(&mut self, known: Known, passed: Passed, span: Span, call: Option<String>) {
        let forms = known.forms();
        if call.is_some() {
            let places = forms.iter().flatten().filter_map(|piece| match piece {
                Piece::Text { at, .. } => *at,
                Piece::Hole(_) => None,
            });
            self.consumed.extend(places);
        }
        let function = self.names.last().cloned().unwrap_or_default();
        let (in_loop, is_module_level) = (self.loops > 0, self.evaluator.scopes.depth == 0);
        let standing = self.standing();
        self.seen.push(Seen { forms, passed, at: span.start, function, in_loop, is_module_level, standing, call });
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        if !matches!(it, Expression::CallExpression(call) if callee(&call.callee).is_some_and(|name| self.runs(&name)))
        {
            self.loose(it);
        }
        walk::walk_expression(self, it);
        self.depth -= 1;
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let name = callee(&it.callee).unwrap_or_default();
        self.connection(&name, it.span);
        self.note_call(&name);
        let first = it.arguments.first().and_then(Argument::as_expression);
        let runner = self.evaluator.runner(&it.callee).cloned();
        let runner = runner.or_else(|| self.runs(&name).then(|| Runner { parameter: 0, call: name.clone() }));
        let given = runner.and_then(|runner| {
            let text = it.arguments.get(runner.parameter).and_then(Argument::as_expression)?;
            Some((runner, text))
        });
        if let Some((runner, text)) = given {
            let text = match text.get_inner_expression() {
                Expression::ObjectExpression(object) => member(object, "sql").or_else(|| member(object, "text")),
                Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_) => None,
                other => Some(other),
            };
            if let Some(text) = text {
                let mut known = self.evaluator.known(text);
                if let Known::Object(members) = &known {
                    let sql = members.iter().find(|(name, _)| name == "sql").map(|(_, known)| known.clone());
                    known = sql.unwrap_or(known);
                }
                let passed = self.passed(it, &runner);
                self.see(known, passed, it.span, Some(name.clone()));
            }
        }
        if name == "push"
            && let Some(Expression::Identifier(list)) = it.callee.as_member_expression().map(MemberExpression::object)
        {
            let given = || it.arguments.iter().filter_map(Argument::as_expression);
            // A list of rows to insert is no part of a text.
            let are_rows = given().any(|one| matches!(one, Expression::ObjectExpression(_)));
            let items: Vec<Known> =
                if are_rows { Vec::new() } else { given().map(|one| self.evaluator.known(one)).collect() };
            self.evaluator.scopes.change(list.name.as_str(), |known| match known {
                Known::Lists(_) if are_rows => Known::Other("a list of objects".into()),
                Known::Lists(mut lists) => {
                    for list in &mut lists {
                        list.extend(items.iter().cloned());
                    }
                    Known::Lists(lists)
                }
                other => other,
            });
        }
        let path = match first {
            Some(Expression::StringLiteral(path)) if path.value.starts_with('/') => Some(path.value.as_str()),
            _ => None,
        };
        let is_route = ROUTES.contains(&name.as_str()) && (path.is_some() || name == "use");
        if let (true, Some(path)) = (is_route, path) {
            self.pending = Some(slug(&format!("{name}-{path}")));
        }
        if is_route {
            self.routed(it);
        }
        self.visit_expression(&it.callee);
        for argument in &it.arguments {
            self.each = EACH.contains(&name.as_str());
            self.route = is_route;
            let pending = self.pending.clone();
            self.visit_argument(argument);
            self.each = false;
            self.route = false;
            self.pending = pending;
        }
        self.pending = None;
    }

    fn visit_tagged_template_expression(&mut self, it: &TaggedTemplateExpression<'a>) {
        let name = callee(&it.tag).unwrap_or_default();
        if self.runs(&name) {
            let known = self.evaluator.template(&it.quasi, Kind::Value, 0);
            self.see(known, Passed::default(), it.span, Some(name));
        }
        walk::walk_tagged_template_expression(self, it);
    }

    fn visit_variable_declaration(&mut self, it: &VariableDeclaration<'a>) {
        for one in &it.declarations {
            self.is_constant = it.kind.is_const();
            self.visit_variable_declarator(one);
        }
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        let BindingPattern::BindingIdentifier(name) = &it.id else {
            self.walk_declarator(it);
            return;
        };
        if matches!(it.init, Some(Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_))) {
            self.pending = Some(name.name.to_string());
        }
        if let Some(init) = &it.init {
            let known = self.evaluator.known(init);
            let is_constant = self.is_constant;
            self.visit_expression(init);
            let is_told = self.evaluator.scopes.depth == 0 && self.evaluator.scopes.get(name.name.as_str()).is_some();
            if !(is_told && matches!(known, Known::Other(_))) {
                self.evaluator.scopes.declare(name.name.as_str(), known, is_constant);
            }
        } else {
            self.evaluator.scopes.declare(name.name.as_str(), Known::Other(name.name.to_string()), false);
        }
        self.pending = None;
    }

    fn visit_binding_identifier(&mut self, it: &BindingIdentifier<'a>) {
        if self.evaluator.scopes.depth > 0 || self.evaluator.scopes.get(it.name.as_str()).is_none() {
            self.evaluator.scopes.declare(it.name.as_str(), Known::Other(it.name.to_string()), false);
        }
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        let function = matches!(it.right, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_));
        let target = match &it.left {
            AssignmentTarget::AssignmentTargetIdentifier(name) => Some(name.name.to_string()),
            AssignmentTarget::StaticMemberExpression(member) => {
                if function {
                    self.pending = Some(member.property.name.to_string());
                }
                None
            }
            _ => None,
        };
        if target.as_deref().is_none_or(|name| self.evaluator.scopes.is_outer(name)) {
            self.kept = self.kept.max(it.span.end);
        }
        let known = self.evaluator.known(&it.right);
        self.visit_expression(&it.right);
        self.pending = None;
        if let Some(name) = target {
            let words = format!("{name}, changed");
            self.evaluator.scopes.change(&name, |old| match it.operator {
                AssignmentOperator::Assign => known,
                AssignmentOperator::Addition => old.then(known),
                _ => Known::Other(words),
            });
        }
    }

    fn visit_if_statement(&mut self, it: &IfStatement<'a>) {
        self.visit_expression(&it.test);
        let mark = self.evaluator.scopes.mark();
        let mut branches = Vec::new();
        self.visit_statement(&it.consequent);
        let branch = self.evaluator.scopes.undo(mark);
        if !ends(&it.consequent) {
            branches.push(branch);
        }
        match &it.alternate {
            Some(alternate) => {
                self.visit_statement(alternate);
                let branch = self.evaluator.scopes.undo(mark);
                if !ends(alternate) {
                    branches.push(branch);
                }
            }
            None => branches.insert(0, std::collections::BTreeMap::new()),
        }
        self.evaluator.scopes.join(&branches);
    }

    fn visit_switch_statement(&mut self, it: &SwitchStatement<'a>) {
        self.visit_expression(&it.discriminant);
        let mut branches = Vec::new();
        for case in &it.cases {
            let mark = self.evaluator.scopes.mark();
            case.consequent.iter().for_each(|statement| self.visit_statement(statement));
            let branch = self.evaluator.scopes.undo(mark);
            if !case.consequent.last().is_some_and(ends) {
                branches.push(branch);
            }
        }
        if it.cases.iter().all(|case| case.test.is_some()) {
            branches.insert(0, std::collections::BTreeMap::new());
        }
        self.evaluator.scopes.join(&branches);
    }

    fn visit_block_statement(&mut self, it: &BlockStatement<'a>) {
        self.evaluator.scopes.open();
        walk::walk_block_statement(self, it);
        self.evaluator.scopes.close();
    }

    fn visit_for_statement(&mut self, it: &ForStatement<'a>) {
        self.evaluator.scopes.open();
        if let Some(init) = &it.init {
            self.visit_for_statement_init(init);
        }
        self.repeated(|visitor| {
            it.test.iter().chain(&it.update).for_each(|one| visitor.visit_expression(one));
            visitor.visit_statement(&it.body);
        });
        self.evaluator.scopes.close();
    }

    fn visit_for_of_statement(&mut self, it: &ForOfStatement<'a>) {
        self.visit_expression(&it.right);
        self.repeated(|visitor| {
            visitor.visit_for_statement_left(&it.left);
            visitor.visit_statement(&it.body);
        });
    }

    fn visit_for_in_statement(&mut self, it: &ForInStatement<'a>) {
        self.visit_expression(&it.right);
        self.repeated(|visitor| {
            visitor.visit_for_statement_left(&it.left);
            visitor.visit_statement(&it.body);
        });
    }

    fn visit_while_statement(&mut self, it: &WhileStatement<'a>) {
        self.repeated(|visitor| walk::walk_while_statement(visitor, it));
    }

    fn visit_do_while_statement(&mut self, it: &DoWhileStatement<'a>) {
        self.repeated(|visitor| walk::walk_do_while_statement(visitor, it));
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if let (Some(id), true) = (&it.id, self.evaluator.scopes.depth > 0)
            && let Some(known) = wrapper::of_function(&self.evaluator, it)
        {
            self.evaluator.scopes.declare(id.name.as_str(), known, true);
        }
        let own = it.id.as_ref().map(|id| id.name.to_string());
        let pending = self.pending.take();
        let of = (&*it.params, it.span);
        self.function(own.or(pending), of, |visitor| walk::walk_function(visitor, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        let pending = self.pending.take();
        let of = (&*it.params, it.span);
        self.function(pending, of, |visitor| walk::walk_arrow_function_expression(visitor, it));
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let known = wrapper::of_class(&self.evaluator, it);
        if let (Some(name), Some(known)) = (&it.id, known.clone()) {
            self.evaluator.scopes.declare(name.name.as_str(), known, true);
        }
        self.evaluator.classes.push(known);
        walk::walk_class(self, it);
        self.evaluator.classes.pop();
    }

    fn visit_method_definition(&mut self, it: &MethodDefinition<'a>) {
        self.pending = it.key.static_name().map(std::borrow::Cow::into_owned);
        self.offer(it.key.static_name().as_deref());
        walk::walk_method_definition(self, it);
        self.pending = None;
    }

    fn visit_property_definition(&mut self, it: &PropertyDefinition<'a>) {
        self.pending = it.key.static_name().map(std::borrow::Cow::into_owned);
        walk::walk_property_definition(self, it);
        self.pending = None;
    }

    fn visit_object_property(&mut self, it: &ObjectProperty<'a>) {
        let is_function =
            matches!(it.value, Expression::ArrowFunctionExpression(_) | Expression::FunctionExpression(_));
        let pending = self.pending.take();
        self.pending = it.key.static_name().filter(|_| is_function).map(std::borrow::Cow::into_owned);
        self.visit_expression(&it.value);
        self.pending = pending;
    }
}
