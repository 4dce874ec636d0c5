//! Functions that hand a parameter on to a call that runs SQL: `const q = (sql, values) => pool.execute(sql, values)`.
//!
//! Their calls are read as those of the client are. A function that changes the parameter first is none: what it runs is not
//! what it is given.

use super::calls::{callee, is_client, member};
use super::evaluate::Evaluator;
use super::value::{Known, Runner};
use super::visit::DEEPEST;
use oxc_ast::ast::{
    Argument, ArrowFunctionExpression, AssignmentExpression, AssignmentTarget, BindingPattern, CallExpression, Class,
    ClassElement, Expression, FormalParameters, Function, SimpleAssignmentTarget, UpdateExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_syntax::scope::ScopeFlags;

/// What is known of a function.
pub(super) fn of_function(evaluator: &Evaluator<'_>, function: &Function<'_>) -> Option<Known> {
    let mut search = Search::new(evaluator, &function.params)?;
    search.visit_function_body(function.body.as_ref()?);
    search.found()
}

/// What is known of an arrow function.
pub(super) fn of_arrow(evaluator: &Evaluator<'_>, arrow: &ArrowFunctionExpression<'_>) -> Option<Known> {
    let mut search = Search::new(evaluator, &arrow.params)?;
    search.visit_arrow_function_body(&arrow.body);
    search.found()
}

/// What is known of a class: those of its methods that are such functions.
pub(super) fn of_class(evaluator: &Evaluator<'_>, class: &Class<'_>) -> Option<Known> {
    let mut members = Vec::new();
    for element in &class.body.body {
        let (key, known) = match element {
            ClassElement::MethodDefinition(method) => (&method.key, of_function(evaluator, &method.value)),
            ClassElement::PropertyDefinition(property) => {
                (&property.key, property.value.as_ref().and_then(|value| of_expression(evaluator, value)))
            }
            _ => continue,
        };
        members.extend(key.static_name().zip(known).map(|(name, known)| (name.into_owned(), known)));
    }
    (!members.is_empty()).then_some(Known::Object(members))
}

fn of_expression(evaluator: &Evaluator<'_>, expression: &Expression<'_>) -> Option<Known> {
    match expression.get_inner_expression() {
        Expression::ArrowFunctionExpression(arrow) => of_arrow(evaluator, arrow),
        Expression::FunctionExpression(function) => of_function(evaluator, function),
        _ => None,
    }
}

/// The walk through a function's body.
struct Search<'e, 's> {
    evaluator: &'e Evaluator<'s>,
    /// The names of its parameters; `None` for a pattern, and where the name means something else.
    names: Vec<Option<String>>,
    found: Option<(usize, String)>,
    depth: usize,
}

impl<'e, 's> Search<'e, 's> {
    fn new(evaluator: &'e Evaluator<'s>, parameters: &FormalParameters<'_>) -> Option<Self> {
        let names = names(parameters);
        names.iter().any(Option::is_some).then_some(Self { evaluator, names, found: None, depth: 0 })
    }

    fn found(self) -> Option<Known> {
        let (parameter, call) = self.found?;
        self.names.get(parameter)?.as_ref()?;
        Some(Known::Runs(Runner { parameter, call }))
    }

    /// Which parameter an expression is.
    fn parameter(&self, expression: &Expression<'_>) -> Option<usize> {
        let name = match expression.get_inner_expression() {
            Expression::Identifier(name) => name.name.as_str(),
            Expression::ObjectExpression(object) => match member(object, "sql")?.get_inner_expression() {
                Expression::Identifier(name) => name.name.as_str(),
                _ => return None,
            },
            _ => return None,
        };
        self.names.iter().position(|one| one.as_deref() == Some(name))
    }

    fn forget(&mut self, name: &str) {
        for one in &mut self.names {
            if one.as_deref() == Some(name) {
                *one = None;
            }
        }
    }

    /// A function inside, whose own parameters hide those of the same name.
    fn inside(&mut self, parameters: &FormalParameters<'_>, walk: impl FnOnce(&mut Self)) {
        let hidden: Vec<String> = names(parameters).into_iter().flatten().collect();
        let is_hidden = |name: &Option<String>| name.as_ref().is_some_and(|name| hidden.contains(name));
        let kept: Vec<(usize, Option<String>)> = self
            .names
            .iter_mut()
            .enumerate()
            .filter(|(_, name)| is_hidden(name))
            .map(|(at, name)| (at, name.take()))
            .collect();
        walk(self);
        for (at, name) in kept {
            self.names[at] = name;
        }
    }
}

fn names(parameters: &FormalParameters<'_>) -> Vec<Option<String>> {
    let name = |pattern: &BindingPattern<'_>| match pattern {
        BindingPattern::BindingIdentifier(name) => Some(name.name.to_string()),
        BindingPattern::AssignmentPattern(with_default) => match &with_default.left {
            BindingPattern::BindingIdentifier(name) => Some(name.name.to_string()),
            _ => None,
        },
        _ => None,
    };
    parameters.items.iter().map(|one| name(&one.pattern)).collect()
}

impl<'a> Visit<'a> for Search<'_, '_> {
    fn visit_expression(&mut self, it: &Expression<'a>) {
        if self.depth < DEEPEST {
            self.depth += 1;
            walk::walk_expression(self, it);
            self.depth -= 1;
        }
    }

    fn visit_call_expression(&mut self, it: &CallExpression<'a>) {
        let given = |at: usize| it.arguments.get(at).and_then(Argument::as_expression);
        if self.found.is_none()
            && it.arguments.iter().filter_map(Argument::as_expression).any(|one| self.parameter(one).is_some())
        {
            let runner = self.evaluator.runner(&it.callee).cloned().or_else(|| {
                let call = callee(&it.callee)?;
                is_client(&call, self.evaluator.calls).then_some(Runner { parameter: 0, call })
            });
            if let Some(Runner { parameter, call }) = runner
                && let Some(mine) = given(parameter).and_then(|one| self.parameter(one))
            {
                self.found = Some((mine, call));
            }
        }
        walk::walk_call_expression(self, it);
    }

    fn visit_assignment_expression(&mut self, it: &AssignmentExpression<'a>) {
        if let AssignmentTarget::AssignmentTargetIdentifier(name) = &it.left {
            self.forget(name.name.as_str());
        }
        walk::walk_assignment_expression(self, it);
    }

    fn visit_update_expression(&mut self, it: &UpdateExpression<'a>) {
        if let SimpleAssignmentTarget::AssignmentTargetIdentifier(name) = &it.argument {
            self.forget(name.name.as_str());
        }
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        self.inside(&it.params, |search| walk::walk_function(search, it, flags));
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        self.inside(&it.params, |search| walk::walk_arrow_function_expression(search, it));
    }
}
