//! The context in which the statements of a function are expanded.

use super::judged::JudgedValues;
use super::quote::quote_mixed;
use super::share::is_call_with;
use super::signature;
use crate::ast::Form;
use crate::syntax::flow::origin;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use std::cell::Cell;
use std::rc::Rc;
use syn::{Expr, Lifetime, Type};

#[derive(Clone)]
pub(super) struct Context {
    pub(super) form: Form,
    /// The return type, with `_` for a part that cannot be named.
    pub(super) returns: Type,
    pub(super) returns_span: Span,
    /// A type that fails as the workflow does, all of which can be named.
    pub(super) failure: Type,
    /// The name of every share.
    pub(super) progress: Ident,
    /// Whether the code is in a future of its own, a branch or a concurrent body, which cannot
    /// return from the workflow.
    pub(super) separate: bool,
    /// Whether the steps are recorded.
    pub(super) durable: bool,
    /// Whether some code leaves the body through its exit.
    exits: Rc<Cell<bool>>,
    /// The values of this future whose judges are still to be chosen.
    pub(super) judged: Rc<JudgedValues>,
    /// The path of the runtime crate.
    pub(super) runtime: TokenStream,
    /// Whether something was reported, so that lints about the rest are noise.
    pub(super) failed: bool,
    pub(super) for_editor: bool,
}

impl Context {
    pub(super) fn new(
        form: Form,
        returns: Type,
        returns_span: Span,
        progress: &Ident,
        runtime: &TokenStream,
    ) -> Self {
        Self {
            form,
            failure: signature::failure(&returns),
            returns,
            returns_span,
            progress: progress.clone(),
            separate: false,
            durable: false,
            exits: Rc::default(),
            judged: Rc::default(),
            runtime: runtime.clone(),
            failed: false,
            for_editor: false,
        }
    }

    /// The context of a branch or of a concurrent body.
    pub(super) fn in_separate_future(&self) -> Self {
        Self { separate: true, judged: Rc::default(), ..self.clone() }
    }

    /// The context inside a loop, whose items are remembered or not.
    pub(super) fn in_items(&self, durable: bool) -> Self {
        Self { durable, ..self.clone() }
    }

    /// A cancel point between two steps. In the body itself this is a `break` to one exit: rustc
    /// compiles it faster than a `return`, and much faster than another `.await`.
    pub(super) fn boundary(&self, at: Span) -> TokenStream {
        if self.separate {
            return quote_spanned!(at=> __steps.cancel_point().await;);
        }
        let exit = self.exit();
        match self.form {
            Form::Async => quote_spanned!(at=> if __steps.must_stop() { break #exit; }),
            Form::Sync => quote_spanned!(at=> if __steps.must_return() { break #exit; }),
        }
    }

    /// Whether a step is ended by the verdict on the value of this expression, because its type
    /// does not depend on how it is used: what is awaited, and in a sync workflow what the call
    /// gives that the share is handed to.
    pub(super) fn judges(&self, expr: &Expr) -> bool {
        let origin = origin(expr);
        match self.form {
            Form::Async => matches!(origin, Expr::Await(_)),
            Form::Sync => is_call_with(origin, &self.progress),
        }
    }

    /// The label to leave the body by.
    pub(super) fn exit(&self) -> Lifetime {
        self.exits.set(true);
        stopped()
    }

    /// The whole body, which ends in a `return` of its value, with the label if any statement leaves
    /// by it. `close` ends a step that is the value.
    pub(super) fn returning(
        &self,
        body: Span,
        statements: &TokenStream,
        close: Option<&TokenStream>,
        interrupt: &TokenStream,
    ) -> TokenStream {
        let returns = &self.returns;
        let value = quote_spanned!(body=> { #statements });
        let value = quote_mixed! {
            let __value: #returns = #value;
            #close
            #[allow(unreachable_code)]
            return __value;
        };
        if !self.exits.get() {
            return value;
        }
        let label = stopped();
        quote_mixed! {
            #label: { #value }
            #[allow(unreachable_code)]
            return __rt::interrupted(#interrupt);
        }
    }
}

fn stopped() -> Lifetime {
    Lifetime::new("'__stopped", Span::mixed_site())
}
