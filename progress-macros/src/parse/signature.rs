//! Half-written signatures: a parameter or a return type that is still to be typed leaves a
//! function with a body to complete in.

use super::placeholder::PLACEHOLDER;
use crate::errors::{Errors, in_place};
use crate::syntax::is_punct;
use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Signature, Token, Type};

/// The signature, as far as it can be read.
pub(super) fn read(
    input: ParseStream<'_>,
    runtime: &TokenStream,
    errors: &mut Errors,
) -> syn::Result<Signature> {
    let ahead = input.fork();
    let error = match ahead.parse::<Signature>() {
        Ok(sig) => {
            input.advance_to(&ahead);
            return Ok(sig);
        }
        Err(error) => error,
    };
    let ahead = input.fork();
    let mut tokens = Vec::new();
    while !ahead.is_empty() && !ahead.peek(syn::token::Brace) && !ahead.peek(Token![;]) {
        tokens.push(ahead.parse::<TokenTree>()?);
    }
    let mut mender = Mender { runtime, editor: errors.editor(), told: Vec::new() };
    let mended = mender.signature(&tokens);
    let Ok(sig) = syn::parse2::<Signature>(mended) else { return Err(error) };
    input.advance_to(&ahead);
    // Said only if it helped.
    for (span, message) in mender.told {
        errors.at(span, message);
    }
    errors.excuse();
    Ok(sig)
}

/// Puts a `Box` around what is `dyn` alone, where rustc would tell of its missing size in many places.
pub(super) fn with_sizes(sig: &mut Signature, errors: &mut Errors) {
    let mut boxes = Boxes { errors };
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            boxes.visit_type_mut(&mut input.ty);
        }
    }
    boxes.visit_return_type_mut(&mut sig.output);
}

struct Boxes<'a> {
    errors: &'a mut Errors,
}

impl VisitMut for Boxes<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::TraitObject(object) if object.dyn_token.is_some() => {
                self.errors.on(&*object, "a `dyn` type has no size: put it in a `Box<…>`");
                let boxed = quote_spanned!(object.span()=> ::std::boxed::Box<#object>);
                *ty = Type::Verbatim(boxed);
            }
            // These hold their parts, and others may be a `Box` of some kind.
            Type::Tuple(_) | Type::Array(_) | Type::Paren(_) | Type::Group(_) => {
                visit_mut::visit_type_mut(self, ty);
            }
            Type::Path(path) => {
                if let Some(last) = path.path.segments.last_mut()
                    && (last.ident == "Result" || last.ident == "Option" || last.ident == "Vec")
                {
                    self.visit_path_segment_mut(last);
                }
            }
            _ => {}
        }
    }
}

struct Mender<'a> {
    runtime: &'a TokenStream,
    editor: bool,
    told: Vec<(Span, &'static str)>,
}

impl Mender<'_> {
    fn signature(&mut self, tokens: &[TokenTree]) -> TokenStream {
        let mut mended = TokenStream::new();
        let mut seen = false;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis && !seen => {
                    seen = true;
                    let parameters = self.parameters(group.stream());
                    let mut parameters = Group::new(Delimiter::Parenthesis, parameters);
                    parameters.set_span(group.span());
                    mended.extend([TokenTree::Group(parameters)]);
                }
                token => mended.extend([token.clone()]),
            }
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let arrow = is_punct(Some(token), '>') && is_punct(before, '-');
            let ends = match tokens.get(index + 1) {
                Some(TokenTree::Ident(word)) => word == "where",
                next => next.is_none(),
            };
            if arrow && ends {
                mended.extend(self.missing(token.span(), "expected a return type after this `->`"));
            }
        }
        mended
    }

    /// Gives a type to every parameter that has none.
    fn parameters(&mut self, tokens: TokenStream) -> TokenStream {
        let mut mended = TokenStream::new();
        let mut parameter: Vec<TokenTree> = Vec::new();
        let mut angles = 0_usize;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            if angles == 0 && is_punct(Some(&token), ',') {
                let last = tokens.peek().is_none();
                mended.extend(self.parameter(std::mem::take(&mut parameter), last));
                mended.extend([token]);
                continue;
            }
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == '<' => angles += 1,
                TokenTree::Punct(punct)
                    if punct.as_char() == '>' && !is_punct(parameter.last(), '-') =>
                {
                    angles = angles.saturating_sub(1);
                }
                _ => {}
            }
            parameter.push(token);
        }
        mended.extend(self.parameter(parameter, true));
        mended
    }

    fn parameter(&mut self, mut tokens: Vec<TokenTree>, last: bool) -> Vec<TokenTree> {
        let Some(end) = tokens.last() else { return tokens };
        let span = end.span();
        let colon = is_punct(Some(end), ':');
        let alone = match tokens.as_slice() {
            [TokenTree::Ident(name)] => name != "self" && name != "_",
            _ => false,
        };
        let ty = match (alone || colon, last, alone) {
            (false, ..) => return tokens,
            (true, true, _) => {
                let message = "the workflow's progress needs its type: `progress: Progress`";
                self.told.push((span, message));
                let runtime = self.runtime;
                quote_spanned!(span=> #runtime::__private::Progress)
            }
            (true, false, true) => self.missing(span, "this parameter needs a type"),
            (true, false, false) => self.missing(span, "expected a type after this `:`"),
        };
        if alone {
            let mut colon = Punct::new(':', Spacing::Alone);
            colon.set_span(span);
            tokens.push(colon.into());
        }
        tokens.extend(ty);
        tokens
    }

    /// A type that is still to be typed.
    fn missing(&mut self, span: Span, message: &'static str) -> TokenStream {
        if self.editor {
            self.told.push((span, message));
            TokenTree::Ident(Ident::new(PLACEHOLDER, span)).into()
        } else {
            in_place(span, message)
        }
    }
}
