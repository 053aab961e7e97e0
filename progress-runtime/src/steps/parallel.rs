//! `#[parallel]`: branches that run at once in one task.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

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
pub fn parallel<R, B>(branches: &Branches, bodies: B) -> B::Joined<'_>
where
    R: BranchReturn,
    B: Parallel<R>,
{
    bodies.join(branches)
}

/// The bodies of two to twelve branches.
#[diagnostic::on_unimplemented(
    message = "a parallel step has two to twelve branches that end early in the same way",
    note = "put further branches into a parallel step of their own"
)]
pub trait Parallel<R: BranchReturn> {
    /// Runs the bodies until all have completed or one has ended early.
    ///
    /// A named type and no `async fn`: all branches have the same error, and where that is a
    /// `Box<dyn Error + Send + Sync>`, the compiler does not see that such a future is `Send`.
    type Joined<'a>;

    /// The bodies, not yet polled.
    fn join(self, branches: &Branches) -> Self::Joined<'_>;
}

pin_project! {
    /// One branch: its body, then its value.
    pub struct Branch<F>
    where
        F: Future,
        F::Output: Settled,
    {
        #[pin]
        body: Option<F>,
        value: Option<<F::Output as Settled>::Value>,
    }
}

impl<F: Future> Branch<F>
where
    F::Output: Settled,
{
    fn new(body: F) -> Self {
        Self { body: Some(body), value: None }
    }

    /// Polls the branch. Returns whether it has ended, or its error. While the workflow is being
    /// cancelled, the error is ignored: the workflow is about to drop all branches, and one of them
    /// may be inside an `#[uncancellable]` step.
    fn poll(
        self: Pin<&mut Self>,
        scope: &Scope,
        cx: &mut Context<'_>,
    ) -> Result<bool, <F::Output as Settled>::Residual> {
        let mut this = self.project();
        if let Some(body) = this.body.as_mut().as_pin_mut()
            && let Poll::Ready(output) = body.poll(cx)
        {
            this.body.set(None);
            match output.settle() {
                Ok(value) => *this.value = Some(value),
                Err(_) if scope.must_stop() => {}
                Err(residual) => return Err(residual),
            }
        }
        Ok(this.body.is_none())
    }

    /// Drops the body and the value.
    fn clear(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.body.set(None);
        *this.value = None;
    }
}

/// The first error, while the tasks of the branches are awaited.
struct Failed<Residual> {
    residual: Option<Residual>,
    drain: Drain,
}

macro_rules! parallel {
    ($joined:ident: $($body:ident $branch:ident $index:literal),+) => {
        pin_project! {
            /// Branches that run at once.
            pub struct $joined<'a, R, $($body),+>
            where
                R: BranchReturn,
                $($body: Future, $body::Output: Settled),+
            {
                branches: &'a Branches,
                $(#[pin] $branch: Branch<$body>,)+
                failed: Option<Failed<R::Residual>>,
            }
        }

        impl<R: BranchReturn, $($body: Future),+> Parallel<R> for ($($body,)+)
        where
            $($body::Output: Settled<Residual = R::Residual>),+
        {
            type Joined<'a> = $joined<'a, R, $($body),+>;

            fn join(self, branches: &Branches) -> Self::Joined<'_> {
                let ($($branch,)+) = self;
                $joined { branches, $($branch: Branch::new($branch),)+ failed: None }
            }
        }

        impl<R: BranchReturn, $($body: Future),+> Future for $joined<'_, R, $($body),+>
        where
            $($body::Output: Settled<Residual = R::Residual>),+
        {
            type Output = R::All<($(<$body::Output as Settled>::Value,)+)>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                if this.failed.is_none() {
                    let (mut all, mut failed) = (true, None);
                    $(if failed.is_none() {
                        match this.$branch.as_mut().poll(&this.branches.scope, cx) {
                            Ok(over) => all &= over,
                            Err(residual) => failed = Some(($index, residual)),
                        }
                    })+
                    let Some((index, residual)) = failed else {
                        if !all {
                            return Poll::Pending;
                        }
                        $(let $branch = this.$branch.project().value.take();)+
                        return match ($($branch,)+) {
                            ($(Some($branch),)+) => Poll::Ready(R::all(Ok(($($branch,)+)))),
                            // Cancelled: the workflow drops this future.
                            _ => Poll::Pending,
                        };
                    };
                    $(this.$branch.as_mut().clear();)+
                    let branches = this.branches;
                    branches.steps.share.fail_branch(index);
                    let location = branches.steps.share.location();
                    let drain = Drain::new(Arc::clone(&branches.scope), location);
                    *this.failed = Some(Failed { residual: Some(residual), drain });
                }
                let Some(failed) = this.failed else { return Poll::Pending };
                if Pin::new(&mut failed.drain).poll(cx).is_pending() {
                    return Poll::Pending;
                }
                match failed.residual.take() {
                    Some(residual) => Poll::Ready(R::all(Err(residual))),
                    None => Poll::Pending,
                }
            }
        }
    };
}

parallel!(Joined2: A a 0, B b 1);
parallel!(Joined3: A a 0, B b 1, C c 2);
parallel!(Joined4: A a 0, B b 1, C c 2, D d 3);
parallel!(Joined5: A a 0, B b 1, C c 2, D d 3, E e 4);
parallel!(Joined6: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
parallel!(Joined7: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6);
parallel!(Joined8: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7);
parallel!(Joined9: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8);
parallel!(Joined10: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9);
parallel!(Joined11: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10);
parallel!(Joined12: A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11);
