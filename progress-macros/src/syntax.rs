//! Questions about the user's syntax that several stages ask.

use crate::parse::attributes;
use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Item, Pat, Signature, Stmt, Token, Type};

/// Whether code names the share, so that it can hand it on. Macro arguments are searched too.
pub(crate) fn names(visit: impl FnOnce(&mut Names<'_>), name: &Ident) -> Option<Ident> {
    let mut names = Names { name, found: None };
    visit(&mut names);
    names.found
}

pub(crate) fn expr_names(expr: &Expr, name: &Ident) -> bool {
    names(|names| names.visit_expr(expr), name).is_some()
}

/// Whether a token is there and is this sign.
pub(crate) fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

/// A workflow in a workflow has a share of its own, under the same name as a rule.
fn is_workflow(mac: &syn::Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| last.ident == "workflow")
}

/// The arguments of a macro, where they are expressions.
fn arguments(mac: &syn::Macro) -> Option<Punctuated<Expr, Token![,]>> {
    Punctuated::parse_terminated.parse2(mac.tokens.clone()).ok()
}

/// Whether one of the arguments bears a name, which a format string would mean then.
fn is_named(arguments: &Punctuated<Expr, Token![,]>, name: &Ident) -> bool {
    arguments.iter().any(|argument| match argument {
        Expr::Assign(named) => matches!(&*named.left, Expr::Path(path) if path.path.is_ident(name)),
        _ => false,
    })
}

/// The value of an argument, without the name that a format string knows it by.
fn unnamed(argument: &Expr) -> &Expr {
    match argument {
        Expr::Assign(named) if matches!(*named.left, Expr::Path(_)) => &named.right,
        argument => argument,
    }
}

/// Where a string captures a variable, as a format string does: the bytes from brace to brace.
fn captured(text: &str, name: &Ident) -> Option<std::ops::Range<usize>> {
    let name = name.to_string();
    let mut from = 0;
    loop {
        let start = from + text.get(from..)?.find('{')?;
        let inside = text.get(start + 1..)?;
        if inside.starts_with('{') {
            from = start + 2;
            continue;
        }
        let end = start + 1 + inside.find('}')?;
        if inside.strip_prefix(&*name).is_some_and(|rest| rest.starts_with(['}', ':'])) {
            return Some(start..end + 1);
        }
        from = start + 1;
    }
}

/// Finds a use of the share. Its own parameters and nested items are other things of that name.
pub(crate) struct Names<'a> {
    name: &'a Ident,
    found: Option<Ident>,
}

impl Names<'_> {
    fn search(&mut self, tokens: TokenStream) {
        let mut member = false;
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Ident(ident) => {
                    let field = is_punct(tokens.peek(), ':');
                    if ident == self.name && !member && !field {
                        self.found.get_or_insert(ident.clone());
                    }
                    member = false;
                }
                TokenTree::Punct(punct) => {
                    let again = is_punct(tokens.peek(), '.');
                    member = punct.as_char() == '.' && !again && !member;
                }
                TokenTree::Group(group) => {
                    self.search(group.stream());
                    member = false;
                }
                TokenTree::Literal(literal) => {
                    self.text(literal);
                    member = false;
                }
            }
        }
    }

    fn text(&mut self, literal: &Literal) {
        let text = literal.to_string();
        if text.ends_with(['"', '#']) && captured(&text, self.name).is_some() {
            let mut used = self.name.clone();
            used.set_span(literal.span());
            self.found.get_or_insert(used);
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(ident) = path.path.get_ident().filter(|ident| *ident == self.name) {
            self.found.get_or_insert(ident.clone());
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if !closure.inputs.iter().any(|input| binds(input, self.name)) {
            visit::visit_expr_closure(self, closure);
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        match expr {
            Expr::Verbatim(tokens) => self.search(tokens.clone()),
            expr => visit::visit_expr(self, expr),
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if is_workflow(mac) {
            return;
        }
        let Some(arguments) = arguments(mac) else { return self.search(mac.tokens.clone()) };
        let named = is_named(&arguments, self.name);
        for argument in &arguments {
            let mut inside = Names { name: self.name, found: None };
            match unnamed(argument) {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) if !named => {
                    inside.text(&text.token());
                }
                argument => inside.visit_expr(argument),
            }
            self.found = self.found.take().or(inside.found);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

/// Puts a stand-in for every use of the share in code where it is not to be had, which has been
/// reported, so that rustc has nothing to add.
pub(crate) fn stand_in(name: &Ident) -> StandIn<'_> {
    StandIn { name }
}

pub(crate) struct StandIn<'a> {
    name: &'a Ident,
}

impl StandIn<'_> {
    fn expr(&self) -> TokenStream {
        let span = Span::mixed_site().located_at(self.name.span());
        quote_spanned!(span=> (__rt::unreachable::<__rt::Progress>()))
    }

    fn replace(&self, tokens: TokenStream) -> TokenStream {
        let mut replaced = TokenStream::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == *self.name => replaced.extend(self.expr()),
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), self.replace(group.stream()));
                    inner.set_span(group.span());
                    replaced.extend([TokenTree::Group(inner)]);
                }
                TokenTree::Literal(text) => replaced.extend([self.text(text)]),
                token => replaced.extend([token]),
            }
        }
        replaced
    }
}

impl StandIn<'_> {
    /// A format string, with what it captures of the share as plain text.
    fn text(&self, literal: Literal) -> TokenTree {
        let mut text = literal.to_string();
        if !text.ends_with(['"', '#']) {
            return literal.into();
        }
        while let Some(capture) = captured(&text, self.name) {
            let name = self.name.to_string();
            text.replace_range(capture, &name);
        }
        let mut plain = text.parse().unwrap_or(literal.clone());
        plain.set_span(literal.span());
        plain.into()
    }
}

impl VisitMut for StandIn<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(path) if path.path.is_ident(self.name) => {
                *expr = Expr::Verbatim(self.expr());
            }
            expr => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        if !closure.inputs.iter().any(|input| binds(input, self.name)) {
            visit_mut::visit_expr_closure_mut(self, closure);
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        if is_workflow(mac) {
            return;
        }
        let Some(mut arguments) = arguments(mac) else {
            mac.tokens = self.replace(std::mem::take(&mut mac.tokens));
            return;
        };
        let named = is_named(&arguments, self.name);
        for argument in &mut arguments {
            match argument {
                Expr::Assign(named) if matches!(*named.left, Expr::Path(_)) => {
                    self.visit_expr_mut(&mut named.right);
                }
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) if !named => {
                    let replaced = self.text(text.token());
                    *argument = Expr::Verbatim(replaced.into());
                }
                argument => self.visit_expr_mut(argument),
            }
        }
        mac.tokens = arguments.into_token_stream();
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// The name itself, where a pattern binds it.
pub(crate) fn binding(pat: &Pat, name: &Ident) -> Option<Ident> {
    struct Binds<'a>(&'a Ident, Option<Ident>);
    impl<'ast> Visit<'ast> for Binds<'_> {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            if pat.ident == *self.0 {
                self.1.get_or_insert(pat.ident.clone());
            }
            visit::visit_pat_ident(self, pat);
        }
    }
    let mut found = Binds(name, None);
    found.visit_pat(pat);
    found.1
}

fn binds(pat: &Pat, name: &Ident) -> bool {
    binding(pat, name).is_some()
}

/// Whether the value is what an `.await` gave: its type is known without looking at its use.
pub(crate) fn ends_in_await(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Paren(paren) => ends_in_await(&paren.expr),
        Expr::Group(group) => ends_in_await(&group.expr),
        Expr::Block(block) if block.label.is_none() => block_ends_in_await(&block.block),
        Expr::Unsafe(block) => block_ends_in_await(&block.block),
        _ => false,
    }
}

pub(crate) fn block_ends_in_await(block: &syn::Block) -> bool {
    matches!(block.stmts.last(), Some(Stmt::Expr(tail, None)) if ends_in_await(tail))
}

/// Whether a type leaves nothing to inference.
pub(crate) fn is_full(ty: &Type) -> bool {
    struct Holes(bool);
    impl<'ast> Visit<'ast> for Holes {
        fn visit_type_infer(&mut self, _: &'ast syn::TypeInfer) {
            self.0 = true;
        }
        fn visit_type_macro(&mut self, _: &'ast syn::TypeMacro) {
            self.0 = true;
        }
        fn visit_expr_infer(&mut self, _: &'ast syn::ExprInfer) {
            self.0 = true;
        }
    }
    let mut holes = Holes(false);
    holes.visit_type(ty);
    !holes.0
}

/// Whether there is an `.await` that belongs to this code.
pub(crate) fn awaits(expr: &Expr) -> bool {
    let mut flow = Flow::default();
    flow.visit_expr(expr);
    flow.awaits
}

/// Whether the code may never reach its end, by the look of it.
pub(crate) fn may_diverge(expr: &Expr) -> bool {
    let mut flow = Flow::default();
    flow.visit_expr(expr);
    flow.diverges
}

/// Whether a `?` leaves this code for the function around it.
pub(crate) fn has_question(visit: impl FnOnce(&mut Flow)) -> bool {
    let mut flow = Flow::default();
    visit(&mut flow);
    flow.question
}

/// Looks for control flow, but not into what has its own: closures, async blocks, items.
#[derive(Default)]
pub(crate) struct Flow {
    question: bool,
    awaits: bool,
    diverges: bool,
}

impl Flow {
    fn search(&mut self, tokens: TokenStream) {
        let mut deferred = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => deferred = word == "async" || deferred && word == "move",
                TokenTree::Punct(punct) => {
                    self.question |= punct.as_char() == '?';
                    deferred = false;
                }
                TokenTree::Group(group) => {
                    if !(deferred && group.delimiter() == Delimiter::Brace) {
                        self.search(group.stream());
                    }
                    deferred = false;
                }
                TokenTree::Literal(_) => deferred = false,
            }
        }
    }
}

impl<'ast> Visit<'ast> for Flow {
    fn visit_expr_try(&mut self, expr: &'ast syn::ExprTry) {
        self.question = true;
        visit::visit_expr_try(self, expr);
    }

    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        self.awaits = true;
        visit::visit_expr_await(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        // It may be a `panic!`.
        self.diverges = true;
        self.search(mac.tokens.clone());
    }

    fn visit_expr_return(&mut self, expr: &'ast syn::ExprReturn) {
        self.diverges = true;
        visit::visit_expr_return(self, expr);
    }

    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.diverges = true;
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, _: &'ast syn::ExprContinue) {
        self.diverges = true;
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.diverges = true;
        visit::visit_expr_loop(self, expr);
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_expr_try_block(&mut self, _: &'ast syn::ExprTryBlock) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// The attributes in front of a statement; syn hangs them on its leftmost operand.
pub(crate) fn leading_attrs_mut(stmt: &mut Stmt) -> Option<&mut Vec<Attribute>> {
    match stmt {
        Stmt::Local(local) => Some(&mut local.attrs),
        Stmt::Macro(mac) => Some(&mut mac.attrs),
        Stmt::Expr(expr, _) => expr_attrs_mut(leftmost(expr)),
        Stmt::Item(_) => None,
    }
}

/// The attributes of an expression, where it is one that can be a step.
pub(crate) fn expr_attrs_mut(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs {
        ($($kind:ident)*) => {
            match expr {
                $(Expr::$kind(expr) => Some(&mut expr.attrs),)*
                _ => None,
            }
        };
    }
    attrs! {
        Array Async Await Block Break Call Closure Const Continue Field ForLoop Group If Index Infer
        Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return Struct
        Try TryBlock Tuple Unary Unsafe While Yield
    }
}

/// The attributes of an item.
pub(crate) fn item_attrs_mut(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    macro_rules! attrs {
        ($($kind:ident)*) => {
            match item {
                $(Item::$kind(item) => Some(&mut item.attrs),)*
                _ => None,
            }
        };
    }
    attrs! {
        Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union
        Use
    }
}

/// The expression whose attributes stand in front of this one.
pub(crate) fn leftmost(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Assign(assign) => leftmost(&mut assign.left),
        Expr::Binary(binary) => leftmost(&mut binary.left),
        Expr::Cast(cast) => leftmost(&mut cast.expr),
        expr => expr,
    }
}

/// Whether an expression would be another one where a statement begins: there a block ends it, and `let` is none.
pub(crate) fn is_cut_short(expr: &Expr) -> bool {
    let (left, joins) = match expr {
        Expr::Let(_) => return true,
        Expr::Assign(assign) => (&assign.left, true),
        Expr::Binary(binary) => (&binary.left, true),
        Expr::Cast(cast) => (&cast.expr, true),
        Expr::Call(call) => (&call.func, true),
        Expr::Index(index) => (&index.expr, true),
        Expr::Range(syn::ExprRange { start: Some(start), .. }) => (start, true),
        // A dot or a `?` is read on after a block.
        Expr::Await(awaited) => (&awaited.base, false),
        Expr::Field(field) => (&field.base, false),
        Expr::MethodCall(call) => (&call.receiver, false),
        Expr::Try(tried) => (&tried.expr, false),
        _ => return false,
    };
    joins && ends_a_statement(left) || is_cut_short(left)
}

fn ends_a_statement(expr: &Expr) -> bool {
    match expr {
        Expr::Macro(expr) => matches!(expr.mac.delimiter, syn::MacroDelimiter::Brace(_)),
        expr => matches!(
            expr,
            Expr::Block(_)
                | Expr::Const(_)
                | Expr::ForLoop(_)
                | Expr::If(_)
                | Expr::Loop(_)
                | Expr::Match(_)
                | Expr::TryBlock(_)
                | Expr::Unsafe(_)
                | Expr::While(_)
        ),
    }
}

/// Whether the statement is marked as a step.
pub(crate) fn is_step(stmt: &Stmt) -> bool {
    let mut stmt = stmt.clone();
    leading_attrs_mut(&mut stmt).is_some_and(|attrs| attrs.iter().any(attributes::is_step))
}

/// Whether a function stands in an `impl`, as far as its signature tells.
pub(crate) fn is_associated(sig: &Signature) -> bool {
    sig.receiver().is_some() || mentions_self(sig.to_token_stream())
}

/// Whether tokens name the type of an `impl` that they stand in.
pub(crate) fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions_self(group.stream()),
        _ => false,
    })
}

/// The arguments of a macro, as far as commas alone can tell them apart.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            _ => {
                if let Some(part) = parts.last_mut() {
                    part.extend([token]);
                }
            }
        }
    }
    if parts.len() > 1 && parts.last().is_some_and(TokenStream::is_empty) {
        parts.pop();
    }
    parts
}

/// `process_new_scenes` as people write it: "Process new scenes".
pub(crate) fn humanised(name: &str) -> String {
    let words = name.trim_start_matches("r#").replace(['_', '-'], " ");
    let words = words.trim();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// What an item of a loop is called, by the variable that the loop binds: `new_file` is a "new file". Of several
/// names none is the item's, and a letter is no name.
pub(crate) fn noun(pat: &Pat) -> Option<String> {
    match pat {
        Pat::Ident(pat) if pat.subpat.is_none() => {
            let name = pat.ident.unraw().to_string();
            let words = name.replace('_', " ").trim().to_lowercase();
            (!name.starts_with('_') && words.chars().count() > 1).then_some(words)
        }
        Pat::Reference(pat) => noun(&pat.pat),
        Pat::Type(pat) => noun(&pat.pat),
        Pat::Paren(pat) => noun(&pat.pat),
        _ => None,
    }
}

/// A title as a key: "Processing downloads" is `processing-downloads`.
pub(crate) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for letter in title.chars() {
        if letter.is_alphanumeric() {
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// What of a format string is known before it is evaluated: its text up to the first placeholder.
pub(crate) fn static_text(format: &str) -> String {
    let mut text = String::new();
    let mut letters = format.chars().peekable();
    while let Some(letter) = letters.next() {
        let doubled = letters.peek() == Some(&letter);
        match letter {
            '{' if !doubled => break,
            '{' | '}' if doubled => {
                letters.next();
            }
            _ => {}
        }
        text.push(letter);
    }
    let dangling = |letter: char| letter.is_whitespace() || "([{<:-–—".contains(letter);
    text.trim_end_matches(dangling).trim_start().to_owned()
}
