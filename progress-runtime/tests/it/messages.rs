//! The message of a run is the latest one of the steps that run.

use std::pin::pin;

use anyhow::Result;
use futures::executor::block_on;
use futures::poll;
use progress_runtime::{ManualClock, Progress, Run, workflow};
use tokio::sync::Notify;

use crate::support::{TICK, fail_at, observed};

async fn set_messages(gate: &Notify, texts: &[&'static str], mut progress: Progress) {
    for text in texts {
        progress.set_message(*text);
        gate.notified().await;
    }
}

workflow!(
    async fn two_branches(left: &Notify, right: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Both")]
        #[parallel]
        let ((), ()) = (
            #[step(1, "Left")]
            set_messages(left, &["left 1", "left 2"], progress).await,
            #[step(1, "Right")]
            set_messages(right, &["right 1"], progress).await,
        );

        #[step(1, "Silent {}", 2)]
        #[untracked]
        left.notified().await;

        Ok(())
    }
);

#[tokio::test]
async fn the_message_is_the_latest_one_of_the_running_steps() {
    let (run, progress, ..) = observed("R");
    let message = || run.snapshot().message.clone();
    let (left, right) = (Notify::new(), Notify::new());
    let mut work = pin!(two_branches(&left, &right, progress));
    assert_eq!(message(), "");
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "right 1");
    left.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "left 2");
    left.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "right 1", "the sibling's message comes back");
    right.notify_one();
    assert!(poll!(work.as_mut()).is_pending());
    assert_eq!(message(), "Silent 2: In progress…");
    left.notify_one();
    work.await.unwrap();
    assert_eq!(message(), "Completed");
}

workflow!(
    async fn pausing(between: &Notify, progress: Progress) -> Result<()> {
        #[step(1, "Verbose")]
        with_a_message(progress).await;
        between.notified().await;
        #[step(1, "Silent")]
        without_messages(progress).await;
        between.notified().await;
        #[step(1, "Broken")]
        let _ = fail_at(0.5, "no", progress).await;
        between.notified().await;
        Ok(())
    }
);

async fn with_a_message(mut progress: Progress) {
    progress.set_message("done");
}

async fn without_messages(_progress: Progress) {}

#[tokio::test]
async fn between_two_steps_the_message_is_that_of_the_previous_one() {
    let (run, progress, ..) = observed("R");
    let between = Notify::new();
    let mut work = pin!(pausing(&between, progress));
    for wanted in ["done", "Silent: Completed", "Broken: Failed"] {
        assert!(poll!(work.as_mut()).is_pending());
        assert_eq!(run.snapshot().message, wanted);
        between.notify_one();
    }
    work.await.unwrap();
    assert_eq!(run.snapshot().message, "Completed with 1 error");
}

#[test]
fn a_run_without_messages_shows_its_title() {
    let (run, mut progress, ..) = observed("Import");
    progress.set_length(2);
    assert_eq!(run.snapshot().message, "Import: In progress…");
    progress.set_message("line 1");
    assert_eq!(run.snapshot().message, "line 1");
}

#[test]
fn a_message_of_any_usual_length_is_shown_unchanged() {
    let (run, mut progress) = Run::start("R");
    for text in ["x", "ä", "日本"].map(|part| part.repeat(60)) {
        for (end, _) in text.char_indices().skip(1) {
            let message = &text[..end];
            progress.set_message(message.to_owned());
            assert_eq!(run.snapshot().message, message);
            progress.write_message(format_args!("{end} of {message}{}, {message}", '.'));
            assert_eq!(run.snapshot().message, format!("{end} of {message}., {message}"));
        }
    }
}

#[test]
fn of_several_shares_the_latest_message_is_shown() {
    let (run, mut progress) = Run::start("R");
    progress.set_length(2);
    let (mut one, mut other) = (progress.split(1), progress.split(1));
    for round in 0..3 {
        one.set_message("one");
        assert_eq!(run.snapshot().message, "one");
        other.set_message("other");
        other.write_message(format_args!("other {round}"));
        assert_eq!(run.snapshot().message, format!("other {round}"));
    }
    drop(other);
    assert_eq!(run.snapshot().message, "one");
}

#[test]
fn a_message_changes_nothing_but_the_message() {
    let (run, mut progress, clock, recording) = observed("R");
    progress.set_fraction(0.4);
    clock.advance(TICK);
    let mut before = run.snapshot().as_ref().clone();
    progress.set_message("sorting");
    clock.advance(TICK);
    let mut after = recording.last().as_ref().clone();
    assert_eq!(after.message, "sorting");
    for snapshot in [&mut before, &mut after] {
        snapshot.message = Default::default();
        (snapshot.seq, snapshot.now) = (0, 0);
    }
    assert_eq!(before, after);
}

async fn one_message_a_tick(clock: &ManualClock, mut progress: Progress) {
    for message in ["Job started", "reading", "writing"] {
        progress.set_message(message);
        clock.advance(TICK);
    }
}

workflow!(
    async fn reads_and_writes(clock: &ManualClock, progress: Progress) -> Result<()> {
        #[step(1, "Reading")]
        one_message_a_tick(clock, progress).await;

        Ok(())
    }
);

#[test]
fn a_message_at_each_tick_is_delivered() {
    let (_, progress, clock, recording) = observed("R");
    block_on(reads_and_writes(&clock, progress)).unwrap();
    let messages = recording.messages();
    let at = messages.iter().position(|message| message == "Job started").unwrap();
    assert_eq!(messages[at..], ["Job started", "reading", "writing", "Completed"]);
    assert_eq!(recording.last().steps[0].message.as_deref(), Some("writing"));
}

#[test]
fn a_very_long_message_is_shortened() {
    let (run, mut progress, ..) = observed("R");
    progress.set_message("ä".repeat(100_000));
    let message = run.snapshot().message.clone();
    assert_eq!(message.len(), 1_023, "510 of two bytes, and the three of the ellipsis");
    assert!(message.ends_with("ä…"));
}

async fn takes_its_message_back(run: &Run, mut progress: Progress) {
    for blank in ["", " \n", "\u{200b}"] {
        progress.set_message("reading");
        assert_eq!(run.snapshot().message, "reading");
        progress.set_message(blank);
        assert_eq!(run.snapshot().message, "Load: In progress…", "{blank:?}");
        assert_eq!(run.snapshot().steps[0].message, None);
    }
}

workflow!(
    async fn loads(run: &Run, progress: Progress) {
        #[step(1, "Load")]
        takes_its_message_back(run, progress).await;
    }
);

#[test]
fn a_blank_message_takes_the_one_before_back() {
    let (run, progress, ..) = observed("R");
    block_on(loads(&run, progress));
}

#[test]
fn a_run_that_ends_with_blank_words_has_the_words_for_its_state() {
    for blank in ["", " \n", "\u{200b}"] {
        let (run, progress, ..) = observed("R");
        progress.fail(blank);
        assert_eq!(run.snapshot().message, "Failed");
        let (run, progress, ..) = observed("R");
        progress.finish_with(blank);
        assert_eq!(run.snapshot().message, "Completed");
    }
}
