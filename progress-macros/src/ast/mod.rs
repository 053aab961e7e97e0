//! A workflow as a tree of steps, with the code between the steps in its place.
//!
//! [`build`](crate::build) makes the tree without judging it, [`check`](crate::check) reads it,
//! [`lower`](crate::lower) rewrites code in it, and [`expand`](crate::expand) turns it into tokens.

mod walk;

use crate::attrs::share::Number;
use crate::attrs::{StepAttrs, title::Format};
use crate::diagnostics::Reported;
use crate::syntax::{text, uses};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use std::ops::RangeInclusive;
use syn::ext::IdentExt;
use syn::{Attribute, Block, Expr, Label, Lifetime, Pat, Signature, Stmt, Token, Type, Visibility};

/// How many branches a parallel step can have.
pub(crate) const BRANCHES: RangeInclusive<usize> = 2..=12;

/// A function without its body: `pub async fn scan(jobs: &Jobs, progress: Progress) -> Report`.
#[derive(Clone)]
pub(crate) struct Function {
    /// The path of the runtime crate: `::progress_runtime`.
    pub(crate) runtime: TokenStream,
    /// `/// Scans everything.`, `#[cfg(…)]`.
    pub(crate) attrs: Vec<Attribute>,
    /// `pub`.
    pub(crate) vis: Visibility,
    /// `fn scan(jobs: &Jobs, progress: Progress) -> Report`; the `async` was taken off.
    pub(crate) sig: Signature,
    pub(crate) form: Form,
    /// Whether it stands under `#[workflow]`, and not in `workflow!( … )`.
    pub(crate) by_attribute: bool,
    pub(crate) container: Container,
    /// A message in place of the return type, which fits whatever the callers expect.
    pub(crate) unclear_return: Option<TokenStream>,
}

/// How the body of a workflow runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// `async fn`: as a future.
    Async,
    /// `fn`: on the thread of its caller.
    Sync,
}

/// What a function stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Container {
    /// A module, or a block.
    Module,
    /// The `impl` of a type, where the plan is called by `Self::`.
    Impl,
    /// A trait, or the `impl` of one, where a plan cannot stand beside the function.
    Trait,
    /// Any of them: another macro writes the function.
    Hidden,
}

/// A function with its steps.
pub(crate) struct Workflow {
    pub(crate) function: Function,
    /// `progress`: the name of the last parameter, which every share has too.
    pub(crate) progress: Ident,
    /// `100`, from `#[total(100)]`.
    pub(crate) total: Option<Number>,
    /// `#[durable]`.
    pub(crate) durable: Option<Span>,
    /// The braces of the body.
    pub(crate) braces: Span,
    /// A mistake in the signature that rustc would report again if it saw the body.
    pub(crate) error: Option<Reported>,
    pub(crate) body: List,
}

/// Statements, some of which are steps.
pub(crate) struct List {
    pub(crate) nodes: Vec<Node>,
}

pub(crate) enum Node {
    /// `let batches = jobs.unanalyzed().await?;`
    Plain(Box<Stmt>),
    /// `#[unknown(1, "Scanning")] jobs.scan(progress).await?;`: a statement that may have been
    /// meant to be a step.
    Unclear(Box<Stmt>, Reported),
    /// `#[step(15, "Scanning")] let scanned = jobs.scan(progress).await?;`
    Step(Box<Step>),
}

/// A statement, or a branch of `#[parallel]`, that is a step.
pub(crate) struct Step {
    /// Its place in its list, counted in steps: `0`.
    pub(crate) index: usize,
    pub(crate) attrs: StepAttrs,
    /// The attributes that are not ours: `#[allow(unused)]`.
    pub(crate) foreign_attrs: Vec<Attribute>,
    /// `let scanned: Report =`.
    pub(crate) binding: Option<Binding>,
    pub(crate) kind: StepKind,
    /// The `;` of a statement without a binding.
    pub(crate) semi: Option<Token![;]>,
}

/// The `let PAT: TYPE = … else { … };` around a step.
pub(crate) struct Binding {
    pub(crate) let_token: Token![let],
    /// `Some(scanned)`.
    pub(crate) pat: Pat,
    /// `Option<Report>`.
    pub(crate) ty: Option<Type>,
    pub(crate) eq_token: Token![=],
    /// `else { return Ok(()) }`.
    pub(crate) otherwise: Option<(Token![else], Box<Expr>)>,
    pub(crate) semi_token: Token![;],
}

/// An expression of the user's.
pub(crate) enum Code {
    Expr(Expr),
    /// An expression in which another variable has the name of the share.
    Shadowed(Expr),
    /// `jobs.`, or a message in the place of an expression.
    Error(Expr, Reported),
}

pub(crate) enum StepKind {
    /// `jobs.scan(progress).await?`
    Plain(Code),
    /// `if found > 0 { … } else if force { … } else { … }`
    If { arms: Vec<IfArm>, otherwise: Option<(Token![else], Arm)> },
    /// `match plan { Some(plan) => …, None => … }`
    Match { match_token: Token![match], scrutinee: Code, arms: Vec<MatchArm> },
    /// `{ … }` with inner steps, and perhaps a label.
    Group { label: Option<Label>, list: List },
    /// `for batch in batches { … }`
    For(Box<ForStep>),
    /// `(#[step(2, "Previews")] jobs.run(Previews, progress).await?, …)`. The tuple as it was
    /// written is what messages point at.
    Parallel { tuple: TokenStream, branches: Vec<Step> },
}

/// `if found > 0 { … }`, without its `else`.
pub(crate) struct IfArm {
    pub(crate) if_token: Token![if],
    /// `found > 0`, or `let Some(plan) = plan`.
    pub(crate) cond: Code,
    pub(crate) body: Arm,
}

/// `Some(plan) => jobs.apply(plan, progress).await?,`
pub(crate) struct MatchArm {
    pub(crate) attrs: Vec<Attribute>,
    /// `Some(plan)`, or `Some(plan) if force`.
    pub(crate) pat: Pat,
    pub(crate) fat_arrow: Token![=>],
    pub(crate) body: Arm,
}

/// An arm of an `if` or a `match`, by its use of the share.
pub(crate) enum Arm {
    /// `{ jobs.apply(plan, progress).await? }`: it names the share, so the step runs.
    Run(Code),
    /// `{ log("nothing to apply") }`: the step is skipped.
    Skip(Code),
    /// `{ #[step(1, "Applying")] jobs.apply(plan, progress).await?; }`
    Group(List),
}

/// `'batches: for batch in batches { … }`
pub(crate) struct ForStep {
    pub(crate) label: Option<Label>,
    pub(crate) for_token: Token![for],
    /// `batch`.
    pub(crate) pat: Pat,
    pub(crate) in_token: Token![in],
    /// `batches`.
    pub(crate) items: Expr,
    pub(crate) body: ForBody,
    /// The label of the body, if `lower` turned a `continue` into a `break` to it.
    pub(crate) item_label: Option<Lifetime>,
}

pub(crate) enum ForBody {
    /// `{ jobs.analyze(batch, progress).await?; }`: the body may report on the slice of its item.
    Items(Block),
    /// `{ #[step(4, "Analysis")] … }`: inner steps divide every slice.
    Steps(List),
}

impl Code {
    pub(crate) fn expr(&self) -> &Expr {
        match self {
            Self::Expr(expr) | Self::Shadowed(expr) | Self::Error(expr, _) => expr,
        }
    }

    pub(crate) fn expr_mut(&mut self) -> &mut Expr {
        match self {
            Self::Expr(expr) | Self::Shadowed(expr) | Self::Error(expr, _) => expr,
        }
    }

    /// Whether it uses the share, which has this name.
    pub(crate) fn uses(&self, share: &Ident) -> bool {
        !matches!(self, Self::Shadowed(_)) && uses::uses(self.expr(), share)
    }

    pub(crate) fn error(&self) -> Option<Reported> {
        match self {
            Self::Expr(_) | Self::Shadowed(_) => None,
            Self::Error(_, reported) => Some(*reported),
        }
    }
}

impl List {
    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Step(step) => Some(&**step),
            Node::Plain(_) | Node::Unclear(..) => None,
        })
    }
}

impl Node {
    /// The pattern that the statement binds.
    pub(crate) fn pat(&self) -> Option<&Pat> {
        match self {
            Self::Plain(stmt) | Self::Unclear(stmt, _) => match &**stmt {
                Stmt::Local(local) => Some(&local.pat),
                _ => None,
            },
            Self::Step(step) => step.binding.as_ref().map(|binding| &binding.pat),
        }
    }
}

impl Step {
    /// The stable key: the one that is written, or the name of the `let`, or the title as a slug.
    pub(crate) fn id(&self) -> String {
        if let Some(id) = &self.attrs.id {
            return id.value();
        }
        match self.bound_name() {
            Some(name) => name,
            None => self.attrs.title.as_ref().map_or_else(|_| String::new(), title_slug),
        }
    }

    /// The name that the `let` gives to the value of this step, without leading underscores.
    pub(crate) fn bound_name(&self) -> Option<String> {
        let Some(Pat::Ident(pat)) = self.binding.as_ref().map(|binding| &binding.pat) else {
            return None;
        };
        let name = pat.ident.unraw().to_string();
        let name = name.trim_start_matches('_');
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// The span of the code that the step expands to: the word `step`.
    pub(crate) fn at(&self) -> Span {
        Span::mixed_site().located_at(self.attrs.step)
    }

    /// Whether it is a statement that drops its value.
    pub(crate) fn is_discarded(&self) -> bool {
        self.semi.is_some() && self.binding.is_none()
    }

    /// Whether the values of its items are its value: a `for` in a `let` that is not for `()`.
    pub(crate) fn collects(&self) -> bool {
        let (Some(binding), StepKind::For(_)) = (&self.binding, &self.kind) else { return false };
        !match (&binding.pat, &binding.ty) {
            (Pat::Wild(_), None) => true,
            (Pat::Tuple(pat), _) => pat.elems.is_empty(),
            (_, Some(Type::Tuple(ty))) => ty.elems.is_empty(),
            _ => false,
        }
    }

    /// Its place in its list, as a literal.
    pub(crate) fn position(&self) -> Literal {
        Literal::usize_unsuffixed(self.index)
    }

    /// The call of `call.await?` or `call.await`, and the `?`. In a sync workflow, that of `call?`
    /// or `call`.
    pub(crate) fn call(&self, form: Form) -> Option<(&Expr, Option<&Token![?]>)> {
        let StepKind::Plain(code) = &self.kind else { return None };
        let (expr, question) = match code.expr() {
            Expr::Try(expr) => (&*expr.expr, Some(&expr.question_token)),
            expr => (expr, None),
        };
        match (form, expr) {
            (Form::Async, Expr::Await(expr)) => Some((&expr.base, question)),
            (Form::Sync, Expr::Call(_) | Expr::MethodCall(_)) => Some((expr, question)),
            _ => None,
        }
    }

    /// The arms of an `if` or a `match`.
    pub(crate) fn arms(&self) -> impl Iterator<Item = &Arm> {
        let (ifs, otherwise, cases) = match &self.kind {
            StepKind::If { arms, otherwise } => (&arms[..], otherwise.as_ref(), &[][..]),
            StepKind::Match { arms, .. } => (&[][..], None, &arms[..]),
            _ => (&[][..], None, &[][..]),
        };
        let ifs = ifs.iter().map(|arm| &arm.body).chain(otherwise.map(|(_, arm)| arm));
        ifs.chain(cases.iter().map(|arm| &arm.body))
    }

    /// The list inside this step. There is at most one.
    pub(crate) fn inner(&self) -> Option<&List> {
        match &self.kind {
            StepKind::Group { list, .. } => Some(list),
            StepKind::For(each) => match &each.body {
                ForBody::Steps(list) => Some(list),
                ForBody::Items(_) => None,
            },
            _ => self.arms().find_map(|arm| match arm {
                Arm::Group(list) => Some(list),
                Arm::Run(_) | Arm::Skip(_) => None,
            }),
        }
    }

    /// The steps that divide the share of this one.
    pub(crate) fn children(&self) -> Vec<&Step> {
        match &self.kind {
            StepKind::Parallel { branches, .. } => branches.iter().collect(),
            _ => self.inner().map(|list| list.steps().collect()).unwrap_or_default(),
        }
    }

    /// An error in a part of this step that does not belong to an inner step.
    pub(crate) fn error(&self) -> Option<Reported> {
        let of_arm = |arm: &Arm| match arm {
            Arm::Run(code) | Arm::Skip(code) => code.error(),
            Arm::Group(_) => None,
        };
        let of_head = match &self.kind {
            StepKind::Plain(code) => code.error(),
            StepKind::If { arms, .. } => arms.iter().find_map(|arm| arm.cond.error()),
            StepKind::Match { scrutinee, .. } => scrutinee.error(),
            StepKind::Group { .. } | StepKind::For(_) | StepKind::Parallel { .. } => None,
        };
        of_head.or_else(|| self.arms().find_map(of_arm))
    }
}

/// A title as a key, as far as the title is known before it is evaluated.
pub(crate) fn title_slug(title: &Format) -> String {
    text::slug(&text::static_text(&title.literal.value()))
}
