use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::backon::ConstantBuilder;
use crate::plan::{PlanStep, StepList};
use crate::sync::lock;
use crate::tree::Node;
use crate::{
    Interrupted, Progress, ReportError, Reporter, Run, RunStatus, Update, UpdateKind, workflow,
};

/// The shares that there were, wherever they are now.
type Seen = Mutex<Vec<Weak<Node>>>;

async fn note(seen: &Seen, mut progress: Progress) {
    progress.set_message("noted");
    lock(seen).push(Arc::downgrade(progress.share().node()));
}

async fn divide(seen: &Seen, mut progress: Progress) -> Result<(), Interrupted> {
    progress.set_length(3);
    let mut first = progress.split(1);
    first.set_length(2);
    let second = first.split(1);
    for share in [&progress, &first, &second] {
        lock(seen).push(Arc::downgrade(share.share().node()));
    }
    Err(Interrupted::TimedOut)
}

workflow!(
    async fn inner(seen: &Seen, progress: Progress) {
        #[step(1, "Noting")]
        note(seen, progress).await;
    }
);

workflow!(
    async fn attempt(seen: &Seen, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "A workflow in an attempt")]
        inner(seen, progress).await;
        #[step(1, "Dividing")]
        divide(seen, progress).await?;
        Ok(())
    }
);

workflow!(
    async fn outer(seen: &Seen, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "A group")]
        {
            #[step(1, "A workflow")]
            inner(seen, progress).await;
        }
        #[step(1, "A loop")]
        for _ in 0..3 {
            #[step(1, "A group in a loop")]
            {
                #[step(1, "A workflow in a loop")]
                inner(seen, progress).await;
            }
        }
        #[step(1, "Attempts")]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(2))]
        attempt(seen, progress).await?;
        Ok(())
    }
);

#[test]
fn each_change_of_a_state_after_a_signature_is_in_the_next_one() {
    let (run, mut progress) = Run::start("Import");
    progress.record_error("before anybody looks");
    let first = run.signature();
    assert_eq!(run.signature(), first);
    progress.record_error("after that");
    let second = run.signature();
    assert_ne!(second, first);
    progress.record_error("once more");
    assert!(![first, second].contains(&run.signature()));
    progress.finish();
}

/// A step that is tried again in an attempt that was given up.
#[test]
fn a_late_attempt_in_one_that_was_let_go_of_leaves_nothing_behind_either() {
    static STEPS: [PlanStep; 1] = [PlanStep::new("call", "Call", 1)];
    static LIST: StepList = StepList::new(0, &STEPS);
    let (run, progress) = Run::start("Attempts");
    let node = Arc::clone(progress.share().node());
    node.adopt(&LIST);
    let first = node.start(0, Duration::ZERO);
    first.adopt(&LIST);
    first.start(0, Duration::ZERO);
    node.detach_attempt(0, "given up".into());
    first.detach_attempt(0, "failed late".into());
    let late = first.start_attempt(0);
    late.adopt(&LIST);
    late.start(0, Duration::ZERO).adopt(&LIST);
    let seen = [&node, &first, &late].map(Arc::downgrade);
    drop((run, progress, node, first, late));
    assert!(seen.iter().all(|node| node.strong_count() == 0));
}

#[test]
fn a_run_that_is_gone_leaves_no_share_behind() {
    let seen = Seen::default();
    let (run, progress) = Run::start("Nested");
    let root = Arc::downgrade(progress.share().node());
    let ended = pin!(outer(&seen, progress)).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(ended, Poll::Ready(Err(Interrupted::TimedOut)));
    let live = |seen: &[Weak<Node>]| seen.iter().filter(|node| node.strong_count() > 0).count();
    let seen = std::mem::take(&mut *lock(&seen));
    assert_eq!(seen.len(), 1 + 3 + 3 * 4);
    // The items of the loop were let go of when they ended, and the attempts but for the last.
    assert_eq!(live(&seen[1..4 + 2 * 4]), 0);
    drop(run);
    assert_eq!((live(&seen), root.strong_count()), (0, 0));
}

#[test]
fn a_reporter_that_hangs_in_one_run_keeps_no_number_from_another() {
    struct Hangs(mpsc::Sender<()>, mpsc::Receiver<()>);
    impl Reporter for Hangs {
        fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
            if update.kind() == UpdateKind::Progress {
                self.0.send(())?;
                let _ = self.1.recv();
            }
            Ok(())
        }
    }
    struct Numbers(mpsc::Sender<u16>);
    impl Reporter for Numbers {
        fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
            Ok(self.0.send(update.snapshot().progress)?)
        }
    }

    let (hangs, is_hanging) = mpsc::channel();
    let (let_go, go) = mpsc::channel();
    let (stuck, mut progress) = Run::start("Stuck");
    stuck.report_to(Hangs(hangs, go));
    progress.set_fraction(0.5);
    is_hanging.recv().unwrap();

    let (numbers, seen) = mpsc::channel();
    let (run, mut other) = Run::start("Other");
    run.report_to(Numbers(numbers));
    for tenth in 1..4 {
        other.set_fraction(f64::from(tenth) / 10.0);
        assert!(seen.iter().any(|number| number == tenth * 1_000));
    }
    assert_eq!(stuck.status(), RunStatus::Running);
    drop(let_go);
}
