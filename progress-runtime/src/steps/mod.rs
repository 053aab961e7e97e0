//! What `workflow!` lowers to: the steps of one list, opened and closed where the code runs.
//!
//! Only the macro uses these items; they may change with any version.

mod concurrent;
mod each;
mod fallible;
mod parallel;
mod retry;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub use concurrent::Concurrent;
pub use each::{Each, Items, KnownLength, items};
pub use fallible::{Always, Fallible, Plain, Settled, wrap};
pub use parallel::{Branches, Parallel, parallel};
pub use retry::{Attempt, Pause, Retry, timeout};

use crate::end::End;
use crate::plan::{Plan, StepList};
use crate::progress::{Kind, Progress, Taken};
use crate::scope::{Scope, Shield};
use crate::tree::Node;
use crate::workflow::Returns;

/// Never runs: it tells the compiler what the body returns before it has read the body.
pub fn unreachable<T>() -> T {
    unreachable!("only ever called under `if false`")
}

/// Moves a value into an `async` block that borrows everything else.
pub struct Owned<T>(T);

impl<T> Owned<T> {
    /// Takes a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives it back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// A list of steps at work.
pub struct Steps {
    node: Arc<Node>,
    scope: Arc<Scope>,
    list: &'static StepList,
    /// Whether the code can return from the workflow, which can say that it was interrupted.
    stoppable: bool,
    /// The step that has started when the one before ended, until it is opened.
    passed: Option<Arc<Node>>,
}

/// A workflow takes its share over: how it ends is the workflow's to say, its steps are the body's. The plan is
/// known from now on.
pub fn begin<T, L>(
    progress: Progress,
    plan: &'static Plan,
    returns: &Returns<T, L>,
) -> (Taken, Steps) {
    let (mut taken, _) = progress.take();
    taken.node.adopt(plan.list());
    if taken.is_root() {
        taken.scope.run.set_plan(plan);
    } else {
        taken.scope = taken.scope.child();
        taken.scope.run.changed();
    }
    let steps = Steps {
        node: Arc::clone(&taken.node),
        scope: Arc::clone(&taken.scope),
        list: plan.list(),
        stoppable: returns.can_interrupt(),
        passed: None,
    };
    (taken, steps)
}

impl Steps {
    /// Whether the workflow is to stop here, and can say so.
    pub fn stop(&self) -> bool {
        self.stoppable && self.scope.must_stop()
    }

    /// A step has ended well. Whether the workflow is to stop here.
    pub fn end(&self, index: usize) -> bool {
        self.close(index);
        self.stop()
    }

    /// Goes no further once the workflow is to stop: for code that cannot return from it.
    pub fn boundary(&self) -> Boundary<'_> {
        Boundary(&self.scope)
    }

    /// The title of a step that is about to be entered, where it says more than the plan does.
    pub fn title(&self, index: usize, title: fmt::Arguments<'_>) {
        self.node.set_title(index, title.to_string());
    }

    /// A step is entered: the bar moves to its start.
    pub fn enter(&self, index: usize) {
        self.node.enter(index);
    }

    /// A step that was entered starts.
    pub fn start(&self, index: usize) -> Progress {
        self.start_in(index, Arc::clone(&self.scope))
    }

    fn start_in(&self, index: usize, scope: Arc<Scope>) -> Progress {
        let node = self.node.start(index, scope.run.now());
        scope.run.changed();
        Progress::new(node, scope, Kind::Step)
    }

    /// A step is entered and starts, if it has not already.
    pub fn open(&mut self, index: usize) -> Progress {
        let scope = Arc::clone(&self.scope);
        let node = self.passed.take().unwrap_or_else(|| {
            let node = self.node.open(index, scope.run.now());
            scope.run.changed();
            node
        });
        Progress::new(node, scope, Kind::Step)
    }

    /// A step has ended well, and the next one, which is opened next, starts at the same moment. Whether the workflow is
    /// to stop here instead.
    pub fn pass(&mut self, index: usize) -> bool {
        if self.stop() {
            return self.end(index);
        }
        let run = &self.scope.run;
        self.passed = Some(self.node.pass(index, run.now()));
        run.changed();
        // Who was told of it may have asked for a cancel.
        self.stop()
    }

    /// A cancel waits for a step, until what is returned is dropped.
    pub fn shield(&self) -> (Shield, Self) {
        let shield = self.scope.shield();
        let inner = Self {
            node: Arc::clone(&self.node),
            scope: Arc::clone(&shield.inner),
            list: self.list,
            stoppable: self.stoppable,
            passed: None,
        };
        (shield, inner)
    }

    /// A step that was entered is not needed.
    pub fn skip(&self, index: usize, reason: fmt::Arguments<'_>) {
        let reason = Some(reason.to_string()).filter(|reason| !reason.is_empty());
        let run = &self.scope.run;
        self.node.skip(index, reason, run.now());
        run.changed();
    }

    /// A step has ended well.
    pub fn close(&self, index: usize) {
        let run = &self.scope.run;
        self.node.close(index, &End::Completed, &|| run.now());
        run.changed();
    }

    /// A step has ended, well or with an error that the workflow survives.
    pub fn close_with(&self, index: usize, failure: Option<String>) {
        let Some(text) = failure else { return self.close(index) };
        let run = &self.scope.run;
        let text: Arc<str> = text.into();
        self.node.close(index, &End::Failed(Some(Arc::clone(&text))), &|| run.now());
        run.record_error(self.node.child_location(index), &text);
    }

    /// A group is entered and starts: its inner steps.
    pub fn group(&self, index: usize) -> Self {
        self.enter(index);
        self.group_started(index)
    }

    /// A group that was entered starts: its inner steps.
    pub fn group_started(&self, index: usize) -> Self {
        let node = Arc::clone(self.start(index).node());
        Self::inner(node, Arc::clone(&self.scope), self.inner_list(index), self.stoppable)
    }

    fn inner_list(&self, index: usize) -> &'static StepList {
        static EMPTY: StepList = StepList::new(0, &[]);
        self.list.steps().get(index).map_or(&EMPTY, |step| step.list())
    }

    fn inner(node: Arc<Node>, scope: Arc<Scope>, list: &'static StepList, stoppable: bool) -> Self {
        node.adopt(list);
        Self { node, scope, list, stoppable, passed: None }
    }
}

/// Made by [`Steps::boundary`].
pub struct Boundary<'a>(&'a Arc<Scope>);

impl Future for Boundary<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        // Nobody is woken: the workflow's own future is being polled, and stops when this is pending.
        if self.0.must_stop() { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Stops what was spawned in a scope, and waits for it; for no longer than the run's grace.
pub struct Drain {
    scope: Arc<Scope>,
    grace: Option<crate::timer::Sleep>,
}

impl Drain {
    pub(crate) fn new(scope: Arc<Scope>) -> Self {
        Self { scope, grace: None }
    }
}

impl Future for Drain {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        this.scope.tell();
        if this.scope.poll_idle(cx).is_ready() {
            return Poll::Ready(());
        }
        let grace = this.scope.run.grace;
        Pin::new(this.grace.get_or_insert_with(|| crate::timer::sleep(grace))).poll(cx)
    }
}
