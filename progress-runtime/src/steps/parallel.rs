//! `#[parallel]`: branches that run at once in one task.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use super::{BranchReturn, OwnedItem, Settled, Steps};
use crate::scope::Scope;
use crate::tasks::Drain;

/// The branches of a parallel step.
pub struct Branches {
    steps: Steps,
    scope: Arc<Scope>,
}

impl Steps {
    /// Enters and starts a parallel step.
    pub fn parallel(&self, index: usize) -> Branches {
        let scope = self.share.scope().child();
        let steps = self.group(index);
        Branches { steps, scope }
    }
}

impl Branches {
    /// Returns the inner list for one branch, in the scope of the branches.
    pub fn branch(&self, _index: usize) -> OwnedItem<Steps> {
        OwnedItem::new(self.steps.in_scope(&self.scope, false))
    }
}

/// Runs the branches at once. The first error drops the other branches, cancels and awaits the
/// tasks that they have spawned, and is the result.
pub async fn parallel<R, B>(branches: &Branches, bodies: B) -> R::All<B::Values>
where
    R: BranchReturn,
    B: Parallel<Residual = R::Residual>,
{
    let result = bodies.join(branches).await;
    if result.is_err() {
        Drain::new(Arc::clone(&branches.scope), branches.steps.share.location()).await;
    }
    R::all(result)
}

/// The bodies of two to twelve branches.
#[diagnostic::on_unimplemented(
    message = "a parallel step has two to twelve branches that end early in the same way",
    note = "put further branches into a parallel step of their own"
)]
pub trait Parallel {
    /// The values of all branches.
    type Values;
    /// The value that ends the workflow early.
    type Residual;

    /// Runs the bodies until all have completed or one has ended early.
    fn join(
        self,
        branches: &Branches,
    ) -> impl Future<Output = Result<Self::Values, Self::Residual>>;
}

/// One branch: its body, then its value.
struct Branch<'a, F: Future>
where
    F::Output: Settled,
{
    body: Option<Pin<&'a mut F>>,
    value: Option<<F::Output as Settled>::Value>,
}

impl<F: Future> Branch<'_, F>
where
    F::Output: Settled,
{
    /// Polls the branch. Returns whether it has ended, or its error. While the workflow is being
    /// cancelled, the error is ignored: the workflow is about to drop all branches, and one of them
    /// may be inside an `#[uncancellable]` step.
    fn poll(
        &mut self,
        scope: &Scope,
        cx: &mut Context<'_>,
    ) -> Result<bool, <F::Output as Settled>::Residual> {
        if let Some(body) = &mut self.body
            && let Poll::Ready(output) = body.as_mut().poll(cx)
        {
            self.body = None;
            match output.settle() {
                Ok(value) => self.value = Some(value),
                Err(_) if scope.must_stop() => {}
                Err(residual) => return Err(residual),
            }
        }
        Ok(self.body.is_none())
    }
}

macro_rules! parallel {
    ($($body:ident $index:literal),+) => {
        impl<Residual, $($body: Future),+> Parallel for ($($body,)+)
        where
            $($body::Output: Settled<Residual = Residual>),+
        {
            type Values = ($(<$body::Output as Settled>::Value,)+);
            type Residual = Residual;

            #[allow(non_snake_case)]
            async fn join(self, branches: &Branches) -> Result<Self::Values, Residual> {
                let ($($body,)+) = self;
                $(let mut $body = pin!(Some($body));)+
                let failed = {
                    $(let mut $body = Branch { body: $body.as_mut().as_pin_mut(), value: None };)+
                    let failed = poll_fn(|cx| {
                        let mut all = true;
                        $(match $body.poll(&branches.scope, cx) {
                            Ok(over) => all &= over,
                            Err(residual) => return Poll::Ready(Some(($index, residual))),
                        })+
                        if all { Poll::Ready(None) } else { Poll::Pending }
                    })
                    .await;
                    if failed.is_none()
                        && let ($(Some($body),)+) = ($($body.value,)+)
                    {
                        return Ok(($($body,)+));
                    }
                    failed
                };
                $($body.set(None);)+
                match failed {
                    Some((index, residual)) => {
                        branches.steps.share.fail_branch(index);
                        Err(residual)
                    }
                    // Cancelled: the workflow drops this future.
                    None => std::future::pending().await,
                }
            }
        }
    };
}

parallel!(A 0, B 1);
parallel!(A 0, B 1, C 2);
parallel!(A 0, B 1, C 2, D 3);
parallel!(A 0, B 1, C 2, D 3, E 4);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
parallel!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
