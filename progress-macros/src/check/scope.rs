//! Variables of the body that a step uses where it cannot.

use super::Check;
use crate::ast::{ForBody, List, Node, Step, StepKind};
use crate::syntax::place;
use crate::syntax::uses::{binding, first_use};
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::Ident;
use syn::visit::Visit;
use syn::{Expr, FnArg, Pat};

impl Check<'_> {
    /// Reports a title with the variable that its own step binds, if no other has that name.
    pub(super) fn titles(&mut self) {
        let workflow = self.workflow;
        let inputs = workflow.function.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(&*input.pat),
            FnArg::Receiver(_) => None,
        });
        let mut before: Vec<&Pat> = inputs.collect();
        for node in &workflow.body.nodes {
            if let (Node::Step(step), Some(pat)) = (node, node.pat()) {
                self.title(step, pat, &before);
            }
            before.extend(node.pat());
        }
    }

    fn title(&mut self, step: &Step, pat: &Pat, before: &[&Pat]) {
        let Ok(title) = &step.attrs.title else { return };
        let tokens = &title.tokens;
        let Ok(format) = syn::parse2(quote::quote!(format_args!(#tokens))) else { return };
        for name in names(pat) {
            let is_new = before.iter().all(|pat| binding(pat, &name).is_none());
            let used = first_use(|reading| reading.visit_macro(&format), &name);
            if let (true, Some(used)) = (is_new, used) {
                let message = format!(
                    "a title is evaluated when its step starts, and `{name}` is what it gives"
                );
                self.repeated = Some(self.errors.at(used.span(), message));
                return;
            }
        }
    }

    /// Reports concurrent bodies that change a variable of the list around them.
    pub(super) fn changed_at_once(&mut self, list: &List) {
        let mut variables = Vec::new();
        for node in &list.nodes {
            if let Node::Step(step) = node
                && step.attrs.concurrent.is_some()
                && let StepKind::For(each) = &step.kind
            {
                let mut changes = Changes { variables: &variables, first: None };
                match &each.body {
                    ForBody::Items(block) => Reading(&mut changes).visit_block(block),
                    ForBody::Steps(list) => list.visit_code(&mut Reading(&mut changes)),
                }
                if let Some(changed) = changes.first {
                    let message = format!(
                        "the bodies run at once, so they cannot change `{changed}`: \
                         put it into a `Mutex`, and lock that to change it"
                    );
                    self.repeated = Some(self.errors.at(changed.span(), message));
                }
            }
            if let Some(Pat::Ident(pat)) = node.pat().map(untyped)
                && pat.mutability.is_some()
            {
                variables.push(pat.ident.clone());
            }
        }
    }
}

fn untyped(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => &typed.pat,
        pat => pat,
    }
}

/// The names that a pattern binds. A name in capitals may be a constant.
pub(super) fn names(pat: &Pat) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl Reader for Names {
        fn read(&mut self, part: Part<'_>) -> Walk {
            if let Part::Pat(Pat::Ident(pat)) = part
                && pat.ident.to_string().starts_with(|first: char| !first.is_uppercase())
            {
                self.0.push(pat.ident.clone());
            }
            Walk::Into
        }
    }
    let mut names = Names(Vec::new());
    Reading(&mut names).visit_pat(pat);
    names.0
}

/// Finds the first change of a variable: an assignment, or a method that adds to a collection.
struct Changes<'a> {
    variables: &'a [Ident],
    first: Option<Ident>,
}

impl Changes<'_> {
    fn change(&mut self, of: &Expr) {
        if let Expr::Path(path) = of
            && let Some(name) = path.path.get_ident()
            && self.variables.contains(name)
        {
            self.first.get_or_insert(name.clone());
        }
    }
}

impl Reader for Changes<'_> {
    fn read(&mut self, part: Part<'_>) -> Walk {
        const ADDS: [&str; 7] =
            ["append", "extend", "insert", "push", "push_back", "push_front", "push_str"];
        match part {
            Part::Expr(Expr::MethodCall(call)) if ADDS.iter().any(|adds| call.method == adds) => {
                self.change(&call.receiver);
            }
            Part::Expr(expr) if place::assigns(expr) => match expr {
                Expr::Assign(expr) => self.change(&expr.left),
                Expr::Binary(expr) => self.change(&expr.left),
                _ => {}
            },
            // A variable of the body may have the same name.
            Part::Pat(pat) => {
                let shadows = self.variables.iter().any(|name| binding(pat, name).is_some());
                if shadows {
                    self.variables = &[];
                }
            }
            Part::Item(_) => return Walk::Past,
            _ => {}
        }
        Walk::Into
    }
}
