//! Which functions run for each request: handlers by how they are written or where they stand, and what these call.
//!
//! A function that runs once at the start may make a pool; the same in a handler makes one for each request.

use super::calls::callee;
use super::imports::exported;
use super::visit::Visitor;
use oxc_ast::ast::{
    Argument, AssignmentTarget, BindingPattern, CallExpression, ExportDefaultDeclarationKind, Expression,
    FormalParameters, MemberExpression, ObjectPropertyKind, Program, Statement,
};
use oxc_span::{GetSpan, Span};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

/// Folders whose files export handlers.
const FOLDERS: [&str; 10] =
    ["api", "routes", "route", "handlers", "controllers", "endpoints", "functions", "lambda", "lambdas", "resolvers"];
/// Names by which platforms look for an exported handler.
const NAMES: [&str; 11] = [
    "handler",
    "lambdaHandler",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "loader",
    "getServerSideProps",
];
/// What is given to a function that sets an app up.
const SET_UP: [&str; 10] = ["app", "router", "fastify", "server", "io", "pool", "db", "knex", "config", "options"];

/// Where a function stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it is a handler, or in one.
    pub(super) is_handler: bool,
    /// Its name, and those of the functions around it.
    pub(super) names: Vec<String>,
}

/// Who calls whom in a file, by names.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// What handlers call.
    of_handlers: BTreeSet<String>,
    /// What each other function calls.
    of: BTreeMap<String, BTreeSet<String>>,
    /// What other files may call.
    offered: HashSet<String>,
}

/// What a file exports.
#[derive(Debug, Default)]
pub(super) struct Exported {
    names: HashSet<String>,
    /// Where functions stand that are exported as they are written.
    spans: Vec<Span>,
    /// Whether these are handlers, by the file's place.
    are_handlers: bool,
}

impl Exported {
    /// Of a file.
    pub(super) fn of(program: &Program<'_>, path: &Path) -> Self {
        let mut all = Self { are_handlers: is_of_handlers(path), ..Self::default() };
        for statement in &program.body {
            match statement {
                Statement::ExportDeclaration(export) => {
                    all.names.extend(exported(&export.declaration).into_iter().map(str::to_owned));
                    all.spans.push(export.span);
                }
                Statement::ExportNamedDeclaration(export) => {
                    all.names.extend(export.specifiers.iter().map(|one| one.local.name().to_string()));
                }
                Statement::ExportDefaultDeclaration(export) => {
                    all.spans.push(export.span);
                    match &export.declaration {
                        ExportDefaultDeclarationKind::FunctionDeclaration(one) => {
                            all.names.extend(one.id.iter().map(|id| id.name.to_string()));
                        }
                        other => other.as_expression().into_iter().for_each(|one| all.value(one)),
                    }
                }
                Statement::ExpressionStatement(one) => {
                    let Expression::AssignmentExpression(assignment) = &one.expression else { continue };
                    let AssignmentTarget::StaticMemberExpression(target) = &assignment.left else { continue };
                    let object = match &target.object {
                        Expression::Identifier(name) => name.name.as_str(),
                        Expression::StaticMemberExpression(member) => member.property.name.as_str(),
                        _ => continue,
                    };
                    let property = target.property.name.as_str();
                    if object == "exports" || (object == "module" && property == "exports") {
                        all.names.insert(property.to_owned());
                        all.spans.push(assignment.right.span());
                        all.value(&assignment.right);
                    }
                }
                _ => {}
            }
        }
        all
    }

    fn value(&mut self, value: &Expression<'_>) {
        match value.get_inner_expression() {
            Expression::Identifier(name) => drop(self.names.insert(name.name.to_string())),
            Expression::ObjectExpression(object) => {
                for property in &object.properties {
                    let ObjectPropertyKind::ObjectProperty(property) = property else { continue };
                    self.names.extend(property.key.static_name().map(std::borrow::Cow::into_owned));
                    if let Expression::Identifier(name) = &property.value {
                        self.names.insert(name.name.to_string());
                    }
                }
            }
            // What is wrapped, such as `withUser(handler)`.
            Expression::CallExpression(call) => {
                call.arguments.iter().filter_map(Argument::as_expression).for_each(|one| {
                    if let Expression::Identifier(name) = one {
                        self.names.insert(name.name.to_string());
                    }
                });
            }
            _ => {}
        }
    }
}

/// Whether a file is one of those that export handlers, by its folder or its name.
fn is_of_handlers(path: &Path) -> bool {
    let mut parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().to_ascii_lowercase()).collect();
    let file = parts.pop().unwrap_or_default();
    let stem = file.split('.').rev().nth(1).unwrap_or_default();
    parts.iter().any(|part| FOLDERS.contains(&part.as_str()))
        || ["route", "routes", "handler", "controller", "+server", "resolver"].contains(&stem)
}

/// Whether a function with these parameters is given a request.
fn takes_request(parameters: &FormalParameters<'_>) -> bool {
    let name = |at: usize| name(parameters, at).unwrap_or_default();
    let (first, second) = (name(0).trim_start_matches('_'), name(1).trim_start_matches('_'));
    matches!(first, "req" | "request" | "ctx") || (first == "event" && second == "context")
}

fn name<'b>(parameters: &'b FormalParameters<'_>, at: usize) -> Option<&'b str> {
    match &parameters.items.get(at)?.pattern {
        BindingPattern::BindingIdentifier(name) => Some(name.name.as_str()),
        _ => None,
    }
}

impl Visitor<'_> {
    /// Whether a function is a handler.
    pub(super) fn is_handler(&mut self, own: Option<&str>, parameters: &FormalParameters<'_>, span: Span) -> bool {
        let is_route = std::mem::take(&mut self.route);
        if is_route || takes_request(parameters) {
            return true;
        }
        let exported = &self.exported;
        let is_set_up = name(parameters, 0).is_some_and(|name| SET_UP.contains(&name)) || own == Some("constructor");
        let is_outermost = self.evaluator.scopes.depth == 0;
        let within = |one: &Span| one.start <= span.start && span.end <= one.end;
        let is_exported = own.is_some_and(|own| exported.names.contains(own)) || exported.spans.iter().any(within);
        let is_convention = own.is_some_and(|own| NAMES.contains(&own));
        (exported.are_handlers || is_convention) && is_outermost && !is_set_up && is_exported
    }

    /// Where the place stands.
    pub(super) fn standing(&self) -> Standing {
        Standing { is_handler: self.handlers > 0, names: self.names.clone() }
    }

    /// Notes who is called.
    pub(super) fn note_call(&mut self, called: &str) {
        let list = match self.names.last() {
            _ if self.handlers > 0 => &mut self.reach.of_handlers,
            Some(name) => {
                if !self.reach.of.contains_key(name) {
                    self.reach.of.insert(name.clone(), BTreeSet::new());
                }
                let Some(list) = self.reach.of.get_mut(name) else { return };
                list
            }
            None => return,
        };
        if !called.is_empty() && !list.contains(called) {
            list.insert(called.to_owned());
        }
    }

    /// Functions that are given to a router by their names: `app.get('/films', list)`.
    pub(super) fn routed(&mut self, call: &CallExpression<'_>) {
        for argument in call.arguments.iter().filter_map(Argument::as_expression) {
            let is_name = matches!(argument, Expression::Identifier(_))
                || argument.as_member_expression().and_then(MemberExpression::static_property_name).is_some();
            self.reach.of_handlers.extend(callee(argument).filter(|_| is_name));
        }
    }

    /// Who calls whom, at the end of the walk.
    pub(super) fn calls_made(&mut self) -> Calls {
        let mut calls = std::mem::take(&mut self.reach);
        calls.offered.extend(std::mem::take(&mut self.exported.names));
        calls
    }

    /// A method, which other files may call.
    pub(super) fn offer(&mut self, name: Option<&str>) {
        self.reach.offered.extend(name.map(str::to_owned));
    }
}

/// For each file the names of its functions that run with requests.
pub(super) fn reached(files: &[Calls]) -> Vec<BTreeSet<&str>> {
    let mut reached: Vec<BTreeSet<&str>> = vec![BTreeSet::new(); files.len()];
    let mut offers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        file.offered.iter().for_each(|name| offers.entry(name).or_default().push(number));
    }
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (number, file) in files.iter().enumerate() {
        open.extend(file.of_handlers.iter().map(|name| (number, name.as_str())));
    }
    while let Some((file, name)) = open.pop() {
        for place in std::iter::once(file).chain(offers.get(name).into_iter().flatten().copied()) {
            if reached[place].insert(name) {
                open.extend(files[place].of.get(name).into_iter().flatten().map(|next| (place, next.as_str())));
            }
        }
    }
    reached
}
