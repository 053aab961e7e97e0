//! How a share ends by hand: by a result, with an error, with a last word, or by a cancel.

use futures::executor::block_on;
use progress_runtime::{Interrupted, Lines, Progress, Run, RunStatus, StepStatus, workflow};

use crate::support::page::Page;
use crate::support::{half, observed, step};

#[test]
fn a_result_ends_the_run_of_a_root() {
    let (run, progress) = Run::start("R");
    progress.end(&Ok::<_, String>(7));
    assert_eq!(run.status(), RunStatus::Completed);

    let (run, mut progress) = Run::start("R");
    progress.set_fraction(0.5);
    progress.end(&Err::<(), _>("no such file"));
    assert_eq!((run.status(), run.percent()), (RunStatus::Failed, 50.0));
    assert_eq!(run.report().unwrap().errors[0].text, "no such file");
}

#[test]
fn a_split_that_fails_is_recorded_and_the_run_goes_on() {
    let (run, root, share) = half();
    share.fail("no licence");
    assert_eq!((run.status(), run.snapshot().errors), (RunStatus::Running, 1));
    root.finish();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    let report = run.report().unwrap();
    assert_eq!((&*report.errors[0].title, &*report.errors[0].text), ("#1", "no licence"));
}

workflow!(
    async fn three_ends(progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Said")]
        progress.finish_with("12 files");

        #[step(1, "Failed and gone on")]
        progress.fail("one file is broken");

        #[step(1, "Failed with a last word")]
        let _gone: Result<(), &str> = said_too_early(progress).await;

        Ok(())
    }
);

async fn said_too_early(progress: Progress) -> Result<(), &'static str> {
    progress.finish_with("all well");
    Err("not well")
}

#[test]
fn a_step_shows_its_last_word_only_if_it_ends_well() {
    let (run, progress) = Run::start("R");
    block_on(three_ends(progress)).unwrap();
    let snapshot = run.snapshot();
    let [said, gone_on, failed] = &snapshot.steps[..] else { panic!("three steps") };
    assert_eq!(said.result.as_deref(), Some("12 files"));
    assert_eq!((gone_on.errors, gone_on.status), (1, StepStatus::CompletedWithErrors));
    assert_eq!((&failed.result, failed.status), (&None, StepStatus::Failed));
}

#[test]
fn the_last_word_of_a_run_is_its_message_and_stands_in_the_log() {
    let (run, progress, _, recording) = observed("Import");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    progress.finish_with("12 files");
    assert_eq!(recording.last().message, "12 files");
    assert_eq!(recording.last().result.as_deref(), Some("12 files"));
    let last = page.lines().pop().unwrap();
    assert_eq!(last, "[00:00] 100.00% Import · completed in 0ms: 12 files");
}

#[test]
fn a_share_can_cancel_its_run() {
    let (run, _root, mut share) = half();
    share.inc(1);
    assert!(share.cancel());
    assert_eq!(run.status(), RunStatus::Cancelling);
    drop((_root, share));
    assert_eq!(run.status(), RunStatus::Cancelled);
    assert!(!Run::start("R").1.cancel() || run.status() == RunStatus::Cancelled);
}

#[test]
fn the_inside_of_a_tracked_future_fails_by_its_result_alone() {
    let (run, progress) = Run::start("R");
    let work = progress.track(|progress| async move {
        progress.fail("one of many");
        Ok::<_, Interrupted>(())
    });
    block_on(work).unwrap();
    assert_eq!(run.status(), RunStatus::CompletedWithErrors);
    assert_eq!(step_errors(&run), ["one of many"]);
}

fn step_errors(run: &Run) -> Vec<String> {
    run.report().unwrap().errors.iter().map(|error| error.text.clone()).collect()
}

#[test]
fn a_named_share_is_known_by_its_name() {
    let (run, mut progress, ..) = observed("Download");
    progress.set_length(3);
    let mut files = ["big.iso", "page 9", "small.txt"].map(|name| progress.split_named(1, name));
    files[1].set_fraction(0.5);
    let names = || run.snapshot().steps.iter().map(|it| it.title.to_string()).collect::<Vec<_>>();
    assert_eq!(names(), ["big.iso", "page 9", "small.txt"], "in the order of their splits");
    assert_eq!(step(&run, "2").name.as_deref(), Some("page 9"));
    let [big, page, small] = files;
    big.finish();
    let late = progress.split_named(0, "late.txt");
    assert_eq!(names(), ["page 9", "small.txt", "late.txt"]);
    page.fail("connection reset");
    assert_eq!(names(), ["small.txt", "late.txt"]);
    let other = progress.split(0);
    assert_eq!(names()[2], "5 of 3", "a share without a name has its number");
    drop((late, small, other));
    progress.finish();
    let report = run.report().unwrap();
    assert_eq!(report.errors[0].title, "page 9");
    assert_eq!(report.errors[0].step, "2");
}

#[test]
fn the_log_knows_a_named_share_by_its_name() {
    let (run, mut progress, clock, _) = observed("Download");
    let page = Page::default();
    run.report_to(Lines::new(page.clone()));
    progress.set_length(2);
    let mut file = progress.split_named(1, "big.iso");
    file.set_length(10);
    file.inc(4);
    clock.advance(std::time::Duration::from_secs(10));
    file.fail("connection reset");
    progress.finish();
    let expected = "\
[00:00]   0.00% Download · started
[00:10]  20% big.iso 4/10 · ~40s left
[00:10] 100.00% big.iso · error: connection reset
[00:10] 100.00% Download · completed with errors in 10.0s, 1 error";
    assert_eq!(page.lines().join("\n"), expected);
}
