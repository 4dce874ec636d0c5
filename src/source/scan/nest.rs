//! Into functions and loops and out again: what the walk remembers while it is inside.

use super::visit::Visitor;
use oxc_ast::ast::FormalParameters;
use oxc_span::Span;

impl Visitor<'_> {
    /// What runs in a function of its own.
    pub(super) fn function(
        &mut self,
        name: Option<String>,
        of: (&FormalParameters<'_>, Span),
        run: impl FnOnce(&mut Self),
    ) {
        let is_handler = self.is_handler(name.as_deref(), of.0, of.1);
        self.handlers += usize::from(is_handler);
        let is_named = name.is_some();
        self.names.extend(name);
        let loops = std::mem::replace(&mut self.loops, usize::from(std::mem::take(&mut self.each)));
        // What is assigned to a name outside is the function, and not what it makes when it runs.
        let kept = std::mem::take(&mut self.kept);
        self.evaluator.scopes.open();
        self.evaluator.scopes.depth += 1;
        run(self);
        self.evaluator.scopes.depth -= 1;
        self.evaluator.scopes.close();
        self.loops = loops;
        self.kept = kept;
        self.handlers -= usize::from(is_handler);
        if is_named {
            self.names.pop();
        }
    }

    pub(super) fn repeated(&mut self, run: impl FnOnce(&mut Self)) {
        self.loops += 1;
        self.evaluator.scopes.open();
        let mark = self.evaluator.scopes.mark();
        run(self);
        let branch = self.evaluator.scopes.undo(mark);
        self.evaluator.scopes.close();
        self.evaluator.scopes.repeat(branch);
        self.loops -= 1;
    }
}
