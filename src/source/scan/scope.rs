//! What the names of a file stand for at the place that is being read, and how branches and loops change it.

use super::value::{Kind, Known};
use std::collections::{BTreeMap, HashMap};

/// A name's value.
#[derive(Debug)]
struct Binding {
    known: Known,
    is_constant: bool,
    /// The number of functions around its declaration.
    depth: usize,
}

/// The scopes around a place, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    all: Vec<HashMap<String, Binding>>,
    /// What names were before they changed: scope, name, value.
    changes: Vec<(usize, String, Known)>,
    /// The number of functions around the place.
    pub(super) depth: usize,
}

/// The names that a branch has changed, with what they were and are.
pub(super) type Branch = BTreeMap<(usize, String), Known>;

impl Scopes {
    pub(super) fn open(&mut self) {
        self.all.push(HashMap::new());
    }

    pub(super) fn close(&mut self) {
        self.all.pop();
    }

    /// Declares a name in the innermost scope.
    pub(super) fn declare(&mut self, name: &str, known: Known, is_constant: bool) {
        let depth = self.depth;
        if let Some(scope) = self.all.last_mut() {
            scope.insert(name.to_owned(), Binding { known, is_constant, depth });
        }
    }

    /// What a name stands for; `None` when it is not declared in this file.
    pub(super) fn get(&self, name: &str) -> Option<Known> {
        let binding = self.all.iter().rev().find_map(|scope| scope.get(name))?;
        // What an outer function's variable is when this function runs, nobody knows.
        let is_sure = binding.is_constant || binding.depth == self.depth;
        Some(if is_sure { binding.known.clone() } else { Known::Other(name.to_owned()) })
    }

    /// What a name that does not change stands for.
    pub(super) fn sure(&self, name: &str) -> Option<&Known> {
        let binding = self.all.iter().rev().find_map(|scope| scope.get(name))?;
        (binding.is_constant || binding.depth == self.depth).then_some(&binding.known)
    }

    /// Whether a name is declared outside of the function around the place.
    pub(super) fn is_outer(&self, name: &str) -> bool {
        self.all.iter().rev().find_map(|scope| scope.get(name)).is_none_or(|binding| binding.depth < self.depth)
    }

    /// Changes a name's value by what it was.
    pub(super) fn change(&mut self, name: &str, by: impl FnOnce(Known) -> Known) {
        let depth = self.depth;
        let Some((place, scope)) = self.all.iter_mut().enumerate().rev().find(|(_, scope)| scope.contains_key(name))
        else {
            return;
        };
        let Some(binding) = scope.get_mut(name) else { return };
        let old = binding.known.clone();
        binding.known =
            if binding.depth == depth { by(old.clone()) } else { old.clone().then(Known::hole(name, Kind::Fragment)) };
        self.changes.push((place, name.to_owned(), old));
    }

    /// Begins a branch.
    pub(super) fn mark(&self) -> usize {
        self.changes.len()
    }

    /// Ends a branch: all is as it was at the mark; what the branch has made of it is returned.
    pub(super) fn undo(&mut self, mark: usize) -> Branch {
        let mut branch = Branch::new();
        while self.changes.len() > mark {
            let Some((place, name, old)) = self.changes.pop() else { break };
            let Some(binding) = self.all.get_mut(place).and_then(|scope| scope.get_mut(&name)) else { continue };
            let new = std::mem::replace(&mut binding.known, old);
            branch.entry((place, name)).or_insert(new);
        }
        branch
    }

    /// Goes on after one of several branches, each of which may have run.
    pub(super) fn join(&mut self, branches: &[Branch]) {
        let mut names: Vec<&(usize, String)> = branches.iter().flat_map(Branch::keys).collect();
        names.sort();
        names.dedup();
        for key in names {
            let Some(binding) = self.all.get_mut(key.0).and_then(|scope| scope.get_mut(&key.1)) else { continue };
            let old = binding.known.clone();
            let all = branches.iter().map(|branch| branch.get(key).cloned().unwrap_or_else(|| old.clone()));
            if let Some(known) = all.reduce(Known::or) {
                binding.known = known;
                self.changes.push((key.0, key.1.clone(), old));
            }
        }
    }

    /// Goes on after a loop: what it has changed was changed any number of times.
    pub(super) fn repeat(&mut self, branch: Branch) {
        for ((place, name), _) in branch {
            let Some(binding) = self.all.get_mut(place).and_then(|scope| scope.get_mut(&name)) else { continue };
            let old = binding.known.clone();
            let built = format!("{name}, built in a loop");
            binding.known = match &old {
                Known::Texts(_) => old.clone().then(Known::hole(built, Kind::Fragment)),
                _ => Known::Other(built),
            };
            self.changes.push((place, name, old));
        }
    }
}
