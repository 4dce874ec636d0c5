//! Constants that one file takes from another of the same app.

use super::evaluate::Evaluator;
use super::scope::Scopes;
use super::value::{Known, Piece};
use oxc_allocator::Allocator;
use oxc_ast::ast::{
    AssignmentTarget, BindingPattern, Declaration, ExportDefaultDeclarationKind, Expression,
    ImportDeclarationSpecifier, Program, Statement, VariableDeclaration,
};
use oxc_parser::Parser;
use oxc_span::SourceType;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

type Members = Vec<(String, Known)>;

/// What files export, each read once.
#[derive(Debug, Default)]
pub(super) struct Exports {
    seen: Mutex<HashMap<PathBuf, Arc<Members>>>,
}

impl Exports {
    /// What the file behind `./specifier` exports; nothing when it is not one of the app's.
    fn of(&self, folder: &Path, specifier: &str) -> Arc<Members> {
        let Some(path) = resolved(folder, specifier) else { return Arc::default() };
        if let Some(known) = self.seen.lock().ok().and_then(|seen| seen.get(&path).cloned()) {
            return known;
        }
        let members = std::fs::read_to_string(&path).map(|text| members(&text, &path)).unwrap_or_default();
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
                                (&one.local.name, named(&members, "default"))
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
                    scopes.declare(name.name.as_str(), Known::Object(members.to_vec()), true);
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

/// Declares the constants of a file's top level.
pub(super) fn constants(program: &Program<'_>, evaluator: &mut Evaluator<'_>) {
    for statement in &program.body {
        let declaration = match statement {
            Statement::VariableDeclaration(declaration) => declaration,
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::VariableDeclaration(declaration) => declaration,
                _ => continue,
            },
            _ => continue,
        };
        if !declaration.kind.is_const() {
            continue;
        }
        for one in &declaration.declarations {
            if let (BindingPattern::BindingIdentifier(name), Some(init)) = (&one.id, &one.init) {
                let known = evaluator.known(init);
                if !matches!(known, Known::Other(_)) {
                    evaluator.scopes.declare(name.name.as_str(), known, true);
                }
            }
        }
    }
}

fn members(text: &str, path: &Path) -> Members {
    let allocator = Allocator::default();
    let Ok(kind) = SourceType::from_path(path) else { return Members::new() };
    if super::file::is_too_deep(text) {
        return Members::new();
    }
    let parsed = Parser::new(&allocator, text, kind).parse();
    let mut evaluator = Evaluator { source: text, scopes: Scopes::default() };
    evaluator.scopes.open();
    constants(&parsed.program, &mut evaluator);
    let mut members = Members::new();
    for statement in &parsed.program.body {
        match statement {
            Statement::ExportDeclaration(export) => {
                if let Declaration::VariableDeclaration(declaration) = &export.declaration {
                    for one in &declaration.declarations {
                        if let BindingPattern::BindingIdentifier(name) = &one.id
                            && let Some(known) = evaluator.scopes.get(name.name.as_str())
                        {
                            members.push((name.name.to_string(), known));
                        }
                    }
                }
            }
            Statement::ExportNamedDeclaration(export) => {
                for one in &export.specifiers {
                    if let Some(known) = evaluator.scopes.get(one.local.name().as_str()) {
                        members.push((one.exported.name().to_string(), known));
                    }
                }
            }
            Statement::ExportDefaultDeclaration(export) => {
                if let Some(expression) = kind_expression(&export.declaration) {
                    members.push(("default".into(), evaluator.known(expression)));
                }
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
                    ("exports", name, known) => members.push((name.to_owned(), known)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    members.into_iter().map(|(name, known)| (name, placeless(known))).collect()
}

fn kind_expression<'a, 'b>(kind: &'b ExportDefaultDeclarationKind<'a>) -> Option<&'b Expression<'a>> {
    kind.as_expression()
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
        other @ Known::Other(_) => other,
    }
}
