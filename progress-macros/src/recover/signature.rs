//! Half-written signatures: a parameter or a return type that is still to be typed leaves a
//! function with a body to complete in.

use crate::diagnostics::Diagnostics;
use crate::syntax::hole;
use crate::syntax::tokens::{is_punct, is_word, punct, regroup};
use crate::syntax::walk::{PartMut, Rewriter, Rewriting, Walk};
use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{FnArg, Signature, Token, Type};

/// The signature, as far as it can be read.
pub(crate) fn read(
    input: ParseStream<'_>,
    runtime: &TokenStream,
    errors: &mut Diagnostics,
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
    let mut attempt = errors.attempt();
    let mended = Mender { runtime, errors: &mut attempt }.signature(&tokens);
    let Ok(sig) = syn::parse2::<Signature>(mended) else { return Err(error) };
    input.advance_to(&ahead);
    errors.adopt(attempt);
    Ok(sig)
}

/// Reports every bare `dyn Trait`, and puts it in a `Box`. Otherwise rustc would report its missing
/// size in many places.
pub(crate) fn box_trait_objects(sig: &mut Signature, errors: &mut Diagnostics) {
    let mut boxes = Boxes { errors };
    let mut rewriting = Rewriting(&mut boxes);
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            rewriting.visit_type_mut(&mut input.ty);
        }
    }
    rewriting.visit_return_type_mut(&mut sig.output);
}

struct Boxes<'a> {
    errors: &'a mut Diagnostics,
}

impl Rewriter for Boxes<'_> {
    fn rewrite(&mut self, part: PartMut<'_>) -> Walk {
        let PartMut::Type(ty) = part else { return Walk::Into };
        match ty {
            Type::TraitObject(object) if object.dyn_token.is_some() => {
                self.errors.on(&*object, "a `dyn` type has no size: put it in a `Box<…>`");
                let boxed = quote_spanned!(object.span()=> ::std::boxed::Box<#object>);
                *ty = Type::Verbatim(boxed);
                Walk::Past
            }
            // These hold their parts directly. Any other type may be a kind of `Box`.
            Type::Tuple(_) | Type::Array(_) | Type::Paren(_) | Type::Group(_) => Walk::Into,
            Type::Path(path) => {
                if let Some(last) = path.path.segments.last_mut()
                    && (last.ident == "Result" || last.ident == "Option" || last.ident == "Vec")
                {
                    Rewriting(self).visit_path_segment_mut(last);
                }
                Walk::Past
            }
            _ => Walk::Past,
        }
    }
}

struct Mender<'a> {
    runtime: &'a TokenStream,
    errors: &'a mut Diagnostics,
}

impl Mender<'_> {
    fn signature(&mut self, tokens: &[TokenTree]) -> TokenStream {
        let mut mended = TokenStream::new();
        let mut seen = false;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis && !seen => {
                    seen = true;
                    let parameters = regroup(group, self.parameters(group.stream()));
                    mended.extend([TokenTree::Group(parameters)]);
                }
                token => mended.extend([token.clone()]),
            }
            let before = index.checked_sub(1).and_then(|before| tokens.get(before));
            let arrow = is_punct(Some(token), '>') && is_punct(before, '-');
            let ends = tokens.get(index + 1).is_none_or(|next| is_word(next, "where"));
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
                self.errors.at(span, message);
                let runtime = self.runtime;
                quote_spanned!(span=> #runtime::__private::Progress)
            }
            (true, false, true) => self.missing(span, "this parameter needs a type"),
            (true, false, false) => self.missing(span, "expected a type after this `:`"),
        };
        if alone {
            tokens.push(punct(':', span));
        }
        tokens.extend(ty);
        tokens
    }

    /// A type that is still to be typed.
    fn missing(&mut self, span: Span, message: &'static str) -> TokenStream {
        if self.errors.for_editor() {
            self.errors.at(span, message);
            TokenTree::Ident(hole::name(span)).into()
        } else {
            self.errors.in_place(span, message).0
        }
    }
}
