//! Variables of the body that a step uses where it cannot.

use super::Check;
use crate::ast::{ForBody, List, Node, Step, StepKind};
use crate::attrs::StepAttrs;
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
        self.titles_of(&workflow.body, inputs.collect());
    }

    /// `before` has the patterns of the variables that exist in front of the list.
    fn titles_of<'a>(&mut self, list: &'a List, mut before: Vec<&'a Pat>) {
        for node in &list.nodes {
            if let Node::Step(step) = node {
                self.title(step, node.pat(), &before);
                self.share_in_attributes(&step.attrs);
                let mut inside = before.clone();
                if let StepKind::For(each) = &step.kind {
                    inside.push(&each.pat);
                }
                step.inner().into_iter().for_each(|list| self.titles_of(list, inside.clone()));
            }
            before.extend(node.pat());
        }
    }

    fn title(&mut self, step: &Step, pat: Option<&Pat>, before: &[&Pat]) {
        let Ok(title) = &step.attrs.title else { return };
        let tokens = &title.tokens;
        let Ok(format) = syn::parse2(quote::quote!(format_args!(#tokens))) else { return };
        let used = |name: &Ident| first_use(|reading| reading.visit_macro(&format), name);
        let given = pat.into_iter().flat_map(names).map(|name| {
            let message =
                format!("a title is evaluated when its step starts, and `{name}` is what it gives");
            (name, message)
        });
        let of_items = match &step.kind {
            StepKind::For(each) => names(&each.pat),
            _ => Vec::new(),
        };
        let items = of_items.into_iter().map(|name| {
            let message = format!(
                "a title is evaluated when its step starts, in front of its items: name each by \
                 `item = \"{{{name}}}\"`"
            );
            (name, message)
        });
        for (name, message) in given.chain(items) {
            let is_new = before.iter().all(|pat| binding(pat, &name).is_none());
            if let (true, Some(used)) = (is_new, used(&name)) {
                self.repeated = Some(self.errors.at(used.span(), message));
                return;
            }
        }
    }

    /// Reports attributes that use the share.
    fn share_in_attributes(&mut self, attrs: &StepAttrs) {
        let formats = [attrs.title.as_ref().ok(), attrs.skip.as_ref().map(|(_, reason)| reason)];
        let formats = formats.into_iter().flatten().map(|format| {
            let tokens = &format.tokens;
            syn::parse_quote!(format_args!(#tokens))
        });
        let retry = attrs.retry.as_ref();
        let exprs = [
            retry.map(|retry| &retry.policy),
            retry.and_then(|retry| retry.when.as_ref()),
            attrs.timeout.as_ref().map(|(_, duration)| duration),
            attrs.concurrent.as_ref().map(|(_, limit)| limit),
        ];
        let exprs = exprs.into_iter().flatten().cloned();
        let progress = &self.workflow.progress;
        let used = formats
            .chain(exprs)
            .find_map(|expr: Expr| first_use(|reading| reading.visit_expr(&expr), progress));
        if let Some(used) = used {
            let message = "only the code of a step has its share, and its attributes have not";
            self.repeated = Some(self.errors.at(used.span(), message));
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
