//! The last parameter of a workflow, which is its progress.

use crate::diagnostics::{Diagnostics, Reported};
use crate::syntax::tokens::regroup;
use crate::syntax::walk::{Part, Reader, Reading, Walk};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Block, FnArg, Pat, Signature, Type};

/// The parameter that a workflow divides.
pub(crate) struct Progress {
    pub(crate) name: Ident,
    /// A mistake in its type or its place, which rustc would report again.
    pub(crate) error: Option<Reported>,
}

/// Finds the progress among the parameters, if one is there that has a name.
pub(crate) fn progress(sig: &Signature, errors: &mut Diagnostics) -> Option<Progress> {
    let last = match sig.inputs.last() {
        Some(FnArg::Typed(last)) => last,
        Some(FnArg::Receiver(_)) | None => {
            errors.at(
                sig.paren_token.span.join(),
                "a workflow takes its progress as the last parameter: add `progress: Progress`",
            );
            return None;
        }
    };
    let before = sig.inputs.iter().rev().skip(1).find_map(|input| match input {
        FnArg::Typed(input) => Some(input).filter(|input| is_progress(&input.ty)),
        FnArg::Receiver(_) => None,
    });
    let (parameter, mut error) = match before {
        Some(earlier) if !is_progress(&last.ty) => {
            let message = "a workflow takes its progress as the last parameter: move this";
            (earlier, Some(errors.on(earlier, message)))
        }
        _ => (last, None),
    };
    match &*parameter.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            let meant = mentions_progress(&parameter.ty) || is_generic(&parameter.ty, sig);
            if !is_progress(&parameter.ty) && meant {
                error = Some(errors.on(
                    &parameter.ty,
                    "a workflow takes its progress by value, as a whole: `progress: Progress`",
                ));
            }
            if is_taken_twice(sig, &pat.ident) {
                error = Some(errors.rustc_will_report());
            }
            Some(Progress { name: pat.ident.clone(), error })
        }
        pat => {
            errors.on(
                pat,
                "the last parameter is the workflow's progress and needs a name: \
                 `progress: Progress`",
            );
            None
        }
    }
}

fn is_taken_twice(sig: &Signature, name: &Ident) -> bool {
    let takes = |input: &&FnArg| match input {
        FnArg::Typed(input) => matches!(&*input.pat, Pat::Ident(pat) if pat.ident == *name),
        FnArg::Receiver(_) => false,
    };
    sig.inputs.iter().filter(takes).count() > 1
}

/// Writes `r#progress` as `progress`, which is the same name, so that all later stages can compare
/// names.
pub(crate) fn plain_progress(sig: &mut Signature, body: Option<Block>) -> Option<Block> {
    let Some(FnArg::Typed(last)) = sig.inputs.last_mut() else { return body };
    let Pat::Ident(pat) = &mut *last.pat else { return body };
    let plain = pat.ident.unraw();
    if plain == pat.ident || syn::parse2::<Ident>(plain.to_token_stream()).is_err() {
        return body;
    }
    let raw = std::mem::replace(&mut pat.ident, plain);
    let body = body?;
    let renamed = renamed(body.to_token_stream(), &raw);
    Some(syn::parse2(renamed).unwrap_or(body))
}

fn renamed(tokens: TokenStream, raw: &Ident) -> TokenStream {
    let renamed = |token| match token {
        TokenTree::Ident(ident) if ident == *raw => TokenTree::Ident(ident.unraw()),
        TokenTree::Group(group) => regroup(&group, renamed(group.stream(), raw)).into(),
        token => token,
    };
    tokens.into_iter().map(renamed).collect()
}

/// Whether a type is written as that of the progress.
fn is_progress(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| last.ident == "Progress"),
        Type::Group(ty) => is_progress(&ty.elem),
        Type::Paren(ty) => is_progress(&ty.elem),
        _ => false,
    }
}

/// Whether a type is a parameter of the function.
fn is_generic(ty: &Type, sig: &Signature) -> bool {
    let Type::Path(ty) = ty else { return false };
    sig.generics.type_params().any(|param| ty.path.is_ident(&param.ident))
}

/// Whether a type has that of the progress in it: `&mut Progress`, `Option<Progress>`.
fn mentions_progress(ty: &Type) -> bool {
    struct Mentions(bool);
    impl Reader for Mentions {
        fn read(&mut self, part: Part<'_>) -> Walk {
            self.0 |= matches!(part, Part::Type(ty) if is_progress(ty));
            Walk::Into
        }
    }
    let mut mentions = Mentions(false);
    Reading(&mut mentions).visit_type(ty);
    mentions.0
}
