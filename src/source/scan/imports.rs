//! Constants that one file takes from another of the same app.

use super::evaluate::Evaluator;
use super::scope::Scopes;
use super::value::{Known, Piece};
use super::wrapper::{of_class, of_function};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentTarget, BindingIdentifier, BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, Program, Statement, VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::SourceType;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Members = Vec<(String, Known)>;

/// The name of what `module.exports` is as a whole, where that is a function.
const WHOLE: &str = "module.exports";

/// What files export, each read once.
#[derive(Debug, Default)]
pub(super) struct Exports {
    /// Names of calls that run SQL, beside those of the common clients.
    calls: Vec<String>,
    seen: Mutex<HashMap<PathBuf, Arc<Members>>>,
}

impl Exports {
    /// Nothing read yet.
    pub(super) fn new(calls: &[String]) -> Self {
        Self { calls: calls.to_vec(), ..Self::default() }
    }

    /// What the file behind `./specifier` exports; nothing when it is not one of the app's.
    fn of(&self, folder: &Path, specifier: &str) -> Arc<Members> {
        let Some(path) = resolved(folder, specifier) else { return Arc::default() };
        if let Some(known) = self.seen.lock().ok().and_then(|seen| seen.get(&path).cloned()) {
            return known;
        }
        let members = std::fs::read_to_string(&path).map(|text| members(&text, &path, &self.calls)).unwrap_or_default();
        let members = Arc::new(members);
        if let Ok(mut seen) = self.seen.lock() {
            seen.insert(path, Arc::clone(&members));
        }
        members
    }

    /// Declares what a file imports.
    pub(super) fn declare(&self, program: &Program<'_>, folder: &Path, scopes: &mut Scopes) {
        for statement in &program.body {
            match statement {
                Statement::ImportDeclaration(import) if import.source.value.starts_with('.') => {
                    let members = self.of(folder, import.source.value.as_str());
                    for specifier in import.specifiers.iter().flatten() {
                        let (local, known) = match specifier {
                            ImportDeclarationSpecifier::ImportSpecifier(one) => {
                                (&one.local.name, named(&members, one.imported.name().as_str()))
                            }
                            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => {
                                (&one.local.name, named(&members, "default").or_else(|| named(&members, WHOLE)))
                            }
                            ImportDeclarationSpecifier::ImportNamespaceSpecifier(one) => {
                                (&one.local.name, Some(Known::Object(members.to_vec())))
                            }
                        };
                        if let Some(known) = known {
                            scopes.declare(local.as_str(), known, true);
                        }
                    }
                }
                Statement::VariableDeclaration(declaration) => self.required(declaration, folder, scopes),
                _ => {}
            }
        }
    }

    /// `const { A } = require('./queries')`
    fn required(&self, declaration: &VariableDeclaration<'_>, folder: &Path, scopes: &mut Scopes) {
        for one in &declaration.declarations {
            let Some(Expression::CallExpression(call)) = &one.init else { continue };
            let is_require = matches!(&call.callee, Expression::Identifier(name) if name.name == "require");
            let Some(Expression::StringLiteral(path)) = call.arguments.first().and_then(|one| one.as_expression())
            else {
                continue;
            };
            if !is_require || !path.value.starts_with('.') {
                continue;
            }
            let members = self.of(folder, path.value.as_str());
            match &one.id {
                BindingPattern::BindingIdentifier(name) => {
                    let whole = named(&members, WHOLE).unwrap_or_else(|| Known::Object(members.to_vec()));
                    scopes.declare(name.name.as_str(), whole, true);
                }
                BindingPattern::ObjectPattern(pattern) => {
                    for property in &pattern.properties {
                        if let (Some(key), BindingPattern::BindingIdentifier(local)) =
                            (property.key.static_name(), &property.value)
                            && let Some(known) = named(&members, &key)
                        {
                            scopes.declare(local.name.as_str(), known, true);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn named(members: &Members, name: &str) -> Option<Known> {
    members.iter().rev().find(|(member, _)| member == name).map(|(_, known)| known.clone())
}

fn resolved(folder: &Path, specifier: &str) -> Option<PathBuf> {
    let path = folder.join(specifier);
    let stem = specifier.strip_suffix(".js").map(|stem| folder.join(stem));
    let endings = ["js", "ts", "mjs", "cjs", "tsx", "jsx", "mts", "cts"];
    let with = |path: &Path, ending: &str| PathBuf::from(format!("{}.{ending}", path.display()));
    let mut candidates = vec![path.clone()];
    candidates.extend(endings.iter().map(|ending| with(&path, ending)));
    candidates.extend(stem.iter().flat_map(|stem| ["ts", "tsx"].map(|ending| with(stem, ending))));
    candidates.extend(endings.iter().map(|ending| with(&path.join("index"), ending)));
    candidates.into_iter().find(|path| path.is_file())
}

/// Declares the constants of a file's top level, and those of its functions and classes that run what they are given.
pub(super) fn constants(program: &Program<'_>, evaluator: &mut Evaluator<'_>) {
    // A function may hand on to another one that stands below.
    if declared(program, evaluator) {
        declared(program, evaluator);
    }
}

/// Whether there is a function among them that runs what it is given.
fn declared(program: &Program<'_>, evaluator: &mut Evaluator<'_>) -> bool {
    let mut is_runner = false;
    for statement in &program.body {
        is_runner |= match statement {
            Statement::VariableDeclaration(declaration) => variables(declaration, evaluator),
            Statement::FunctionDeclaration(function) => {
                callable(function.id.as_ref(), of_function(evaluator, function), evaluator)
            }
            Statement::ClassDeclaration(class) => callable(class.id.as_ref(), of_class(evaluator, class), evaluator),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(declaration) => variables(declaration, evaluator),
                Declaration::FunctionDeclaration(one) => {
                    callable(one.id.as_ref(), of_function(evaluator, one), evaluator)
                }
                Declaration::ClassDeclaration(class) => {
                    callable(class.id.as_ref(), of_class(evaluator, class), evaluator)
                }
                _ => false,
            },
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(one) => {
                    callable(one.id.as_ref(), of_function(evaluator, one), evaluator)
                }
                ExportDefaultDeclarationKind::ClassDeclaration(class) => {
                    callable(class.id.as_ref(), of_class(evaluator, class), evaluator)
                }
                _ => false,
            },
            _ => false,
        };
    }
    is_runner
}

fn callable(name: Option<&BindingIdentifier<'_>>, known: Option<Known>, evaluator: &mut Evaluator<'_>) -> bool {
    let is_runner = known.is_some();
    if let (Some(name), Some(known)) = (name, known) {
        evaluator.scopes.declare(name.name.as_str(), known, true);
    }
    is_runner
}

fn variables(declaration: &VariableDeclaration<'_>, evaluator: &mut Evaluator<'_>) -> bool {
    let mut is_runner = false;
    if !declaration.kind.is_const() {
        return false;
    }
    for one in &declaration.declarations {
        if let (BindingPattern::BindingIdentifier(name), Some(init)) = (&one.id, &one.init) {
            let known = evaluator.known(init);
            is_runner |= matches!(known, Known::Runs(_));
            if !matches!(known, Known::Other(_)) {
                evaluator.scopes.declare(name.name.as_str(), known, true);
            }
        }
    }
    is_runner
}

fn members(text: &str, path: &Path, calls: &[String]) -> Members {
    let allocator = Allocator::default();
    let Ok(kind) = SourceType::from_path(path) else { return Members::new() };
    if super::file::is_too_deep(text) {
        return Members::new();
    }
    let parsed = Parser::new(&allocator, text, kind).parse();
    let mut evaluator = Evaluator::new(text, calls);
    constants(&parsed.program, &mut evaluator);
    let mut members = Members::new();
    for statement in &parsed.program.body {
        match statement {
            Statement::ExportDeclaration(export) => {
                let names = exported(&export.declaration);
                members
                    .extend(names.into_iter().filter_map(|name| Some((name.to_owned(), evaluator.scopes.get(name)?))));
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    if let Some(known) = evaluator.scopes.get(one.local.name().as_str()) {
                        members.push((one.exported.name().to_string(), known));
                    }
                }
            }
            Statement::ExportDefaultDeclaration(export) => {
                let known = match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => of_function(&evaluator, function),
                    ExportDefaultDeclarationKind::ClassDeclaration(class) => of_class(&evaluator, class),
                    other => other.as_expression().map(|one| evaluator.known(one)),
                };
                members.extend(known.map(|known| ("default".to_owned(), known)));
            }
            Statement::ExpressionStatement(one) => {
                let Expression::AssignmentExpression(assignment) = &one.expression else { continue };
                let AssignmentTarget::StaticMemberExpression(target) = &assignment.left else { continue };
                let object = match &target.object {
                    Expression::Identifier(name) => name.name.to_string(),
                    Expression::StaticMemberExpression(member) => member.property.name.to_string(),
                    _ => continue,
                };
                match (object.as_str(), target.property.name.as_str(), evaluator.known(&assignment.right)) {
                    ("module", "exports", Known::Object(all)) => members.extend(all),
                    ("module", "exports", known @ Known::Runs(_)) => members.push((WHOLE.into(), known)),
                    ("exports", name, known) => members.push((name.to_owned(), known)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    members.into_iter().map(|(name, known)| (name, placeless(known))).collect()
}

/// The names that a declaration makes.
pub(super) fn exported<'b>(declaration: &'b Declaration<'_>) -> Vec<&'b str> {
    let name = |pattern: &'b BindingPattern<'_>| match pattern {
        BindingPattern::BindingIdentifier(name) => Some(name.name.as_str()),
        _ => None,
    };
    match declaration {
        Declaration::VariableDeclaration(all) => all.declarations.iter().filter_map(|one| name(&one.id)).collect(),
        Declaration::FunctionDeclaration(one) => one.id.iter().map(|id| id.name.as_str()).collect(),
        Declaration::ClassDeclaration(one) => one.id.iter().map(|id| id.name.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Without places: they are those of another file.
fn placeless(known: Known) -> Known {
    match known {
        Known::Texts(forms) => {
            let piece = |piece| match piece {
                Piece::Text { text, .. } => Piece::Text { text, at: None },
                hole @ Piece::Hole(_) => hole,
            };
            Known::Texts(forms.into_iter().map(|form| form.into_iter().map(piece).collect()).collect())
        }
        Known::Lists(lists) => {
            Known::Lists(lists.into_iter().map(|list| list.into_iter().map(placeless).collect()).collect())
        }
        Known::Object(members) => {
            Known::Object(members.into_iter().map(|(name, known)| (name, placeless(known))).collect())
        }
        other @ (Known::Other(_) | Known::Runs(_)) => other,
    }
}
