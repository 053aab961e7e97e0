//! Whole lines, for each state and each way to get there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Lines;
use crate::reporter::{Reporter, Update, UpdateKind};
use crate::snapshot::sample::{run, step};
use crate::snapshot::{JobSnapshot, MessageKind, StepCount};
use crate::{RunStatus, Snapshot, StepStatus};

/// Keeps the bytes of each write.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<String>>>);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(String::from_utf8(bytes.to_vec()).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reporter and its output.
struct Log {
    lines: Lines,
    writes: Writes,
}

impl Log {
    fn new() -> Self {
        let writes = Writes::default();
        Self { lines: Lines::new(writes.clone()), writes }
    }

    /// The writes for one snapshot.
    fn after(&mut self, kind: UpdateKind, snapshot: &Snapshot) -> Vec<String> {
        let snapshot = Arc::new(snapshot.clone());
        self.lines.report(&Update::new(kind, &|| Arc::clone(&snapshot))).unwrap();
        std::mem::take(&mut self.writes.0.lock().unwrap())
    }
}

fn workflow(now: u64, progress: u16, current: u32) -> Snapshot {
    let mut snapshot = run(now, RunStatus::Running, progress);
    snapshot.step = StepCount { current, total: 2 };
    snapshot.steps = vec![
        step("fetch", "Fetch", StepStatus::Pending, 0),
        step("load", "Load", StepStatus::Pending, 0),
    ];
    snapshot
}

#[test]
fn a_run_has_a_line_for_each_change() {
    let mut log = Log::new();
    let mut snapshot = run(900, RunStatus::Pending, 0);
    assert_eq!(log.after(UpdateKind::Attached, &snapshot), [""; 0]);

    snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:00]   0.00% 1/2 Import · started\n", "[00:00]   0.00% 1/2 Fetch · started\n"]
    );

    snapshot.now = 4_200;
    snapshot.progress = 5_000;
    snapshot.steps[0].status = StepStatus::Completed;
    snapshot.steps[0].ended = Some(4_200);
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:03]  50.00% 1/2 Fetch · completed in 3.2s\n"]
    );

    snapshot.step.current = 2;
    snapshot.steps[1] = step("load", "Load", StepStatus::Skipped, 4_200);
    snapshot.steps[1].reason = Some("Nothing new".into());
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:03]  50.00% 2/2 Load · skipped: Nothing new\n"]
    );

    snapshot.status = RunStatus::CompletedWithErrors;
    snapshot.now = 3_725_000;
    snapshot.ended = Some(3_725_000);
    snapshot.progress = 10_000;
    snapshot.errors = 1;
    assert_eq!(
        log.after(UpdateKind::Ended, &snapshot),
        ["[1:02:04] 100.00% 2/2 Import · completed with errors in 1h 02m 04s, 1 error\n"]
    );
}

#[test]
fn without_unicode_the_signs_are_ascii() {
    let mut log = Log::new();
    log.lines = log.lines.unicode(false);
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.title = "Größe…".into();
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    snapshot.steps[0].children = vec![step("inner", "Inner", StepStatus::Running, 1_000)];
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        [
            "[00:00]   0.00% 1/2 Größe... - started\n",
            "[00:00]   0.00% 1/2 Fetch - started\n",
            "[00:00]   0.00% 1/2 Fetch > Inner - started\n"
        ]
    );
}

#[test]
fn a_failure_says_why() {
    let mut log = Log::new();
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    log.after(UpdateKind::Transition, &snapshot);

    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Failed, 1_000);
    snapshot.steps[0].error = Some("no route\nto host".into());
    snapshot.status = RunStatus::Failed;
    snapshot.now = 1_500;
    snapshot.ended = Some(1_500);
    snapshot.progress = 9_999;
    snapshot.errors = 1;
    snapshot.error = Some("\u{1b}[31mno route".into());
    assert_eq!(
        log.after(UpdateKind::Ended, &snapshot),
        [
            "[00:00]  99.99% 1/2 Fetch · failed after 500ms: no route to host\n",
            "[00:00]  99.99% 1/2 Import · failed after 500ms, 1 error: no route\n",
        ]
    );
}

#[test]
fn a_cancel_has_a_line_for_the_run_and_for_each_step_that_it_stopped() {
    let mut log = Log::new();
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    log.after(UpdateKind::Transition, &snapshot);

    snapshot.status = RunStatus::Cancelling;
    snapshot.steps[0].status = StepStatus::Cancelling;
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:00]   0.00% 1/2 Import · cancelling, waiting for Fetch\n"]
    );

    snapshot.now = 62_000;
    snapshot.ended = Some(62_000);
    snapshot.status = RunStatus::Cancelled;
    snapshot.steps[0].status = StepStatus::Cancelled;
    snapshot.steps[0].ended = Some(61_000);
    snapshot.steps[1].status = StepStatus::Cancelled;
    assert_eq!(
        log.after(UpdateKind::Ended, &snapshot),
        [
            "[01:01]   0.00% 1/2 Fetch · cancelled after 1m 00s\n",
            "[01:01]   0.00% 1/2 Import · cancelled after 1m 01s\n",
        ]
    );
}

#[test]
fn each_attempt_after_the_first_has_one_line() {
    let mut log = Log::new();
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    log.after(UpdateKind::Transition, &snapshot);

    let fetch = &mut snapshot.steps[0];
    fetch.status = StepStatus::Retrying;
    fetch.error = Some("reset".into());
    fetch.attempts = Some(3);
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), [""; 0]);

    snapshot.steps[0].attempt = 2;
    let line = ["[00:00]   0.00% 1/2 Fetch · retrying, attempt 2 of 3: reset\n"];
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), line);
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), [""; 0]);

    snapshot.steps[0].attempt = 3;
    snapshot.steps[0].attempts = None;
    let line = ["[00:00]   0.00% 1/2 Fetch · retrying, attempt 3: reset\n"];
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), line);
}

#[test]
fn another_attempt_at_a_job_has_one_line() {
    let mut log = Log::new();
    let mut snapshot = workflow(2_000, 1_000, 1);
    snapshot.steps = vec![step("fetch", "Fetch", StepStatus::Running, 1_000)];
    let mut begin = |attempt| {
        let job = JobSnapshot { id: "17".into(), kind: "fetch".into(), attempt: Some(attempt) };
        snapshot.steps[0].job = Some(Box::new(job));
        log.after(UpdateKind::Transition, &snapshot).len()
    };
    // At first, the run and the step have a line each.
    assert_eq!([begin(1), begin(1), begin(2), begin(2), begin(3)], [2, 0, 1, 0, 1]);
}

#[test]
fn items_and_what_is_inside_them_have_lines_only_where_they_fail() {
    let mut log = Log::new();
    let mut item = step("3", "", StepStatus::Running, 1_000);
    item.children = vec![step("plan", "Analysis", StepStatus::Running, 1_000)];
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    snapshot.steps[0].children = vec![item];
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:00]   0.00% 1/2 Import · started\n", "[00:00]   0.00% 1/2 Fetch · started\n",]
    );

    let item = &mut snapshot.steps[0].children[0];
    item.children[0] = step("plan", "Analysis", StepStatus::Failed, 1_000);
    item.status = StepStatus::Failed;
    item.error = Some("bad batch".into());
    item.ended = Some(1_700);
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        [
            "[00:00]   0.00% 1/2 Fetch › #3 › Analysis · failed after 500ms: bad batch\n",
            "[00:00]   0.00% 1/2 Fetch › #3 · failed after 700ms: bad batch\n",
        ]
    );

    snapshot.steps[0].children = vec![step("4", "", StepStatus::Running, 1_700)];
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), [""; 0]);
}

#[test]
fn merged_states_have_their_lines_in_order() {
    let mut log = Log::new();
    let mut snapshot = workflow(2_000, 6_000, 2);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Completed, 1_000);
    snapshot.steps[1] = step("load", "Load", StepStatus::Running, 1_500);
    assert_eq!(
        log.after(UpdateKind::Attached, &snapshot),
        [
            "[00:01]  60.00% 2/2 Import · started\n",
            "[00:01]  60.00% 1/2 Fetch · completed in 500ms\n",
            "[00:01]  60.00% 2/2 Load · started\n",
        ]
    );
}

#[test]
fn a_heartbeat_comes_when_no_line_was_written_for_long() {
    let mut log = Log::new();
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    log.after(UpdateKind::Transition, &snapshot);
    assert_eq!(Reporter::heartbeat(&log.lines), Some(Duration::from_secs(10)));

    snapshot.now = 10_999;
    snapshot.progress = 4_817;
    snapshot.message = "batch 3 of 7".into();
    assert_eq!(log.after(UpdateKind::Progress, &snapshot), [""; 0]);
    assert_eq!(Reporter::heartbeat(&log.lines), Some(Duration::from_millis(1)));

    snapshot.now = 11_000;
    let line = ["[00:10]  48% 1/2 Fetch · batch 3 of 7\n"];
    assert_eq!(log.after(UpdateKind::Progress, &snapshot), line);
    assert_eq!(Reporter::heartbeat(&log.lines), Some(Duration::from_secs(10)));

    snapshot.message = "Fetch: In progress…".into();
    snapshot.message_kind = MessageKind::InProgress;
    let line = ["[00:10]  48% 1/2 Fetch\n"];
    assert_eq!(log.after(UpdateKind::Heartbeat, &snapshot), line);
}

#[test]
fn a_heartbeat_says_where_the_run_is_down_to_the_unit() {
    let mut plan = step("plan", "Analysis", StepStatus::Running, 1_000);
    (plan.done, plan.total) = (62, Some(100));
    let mut item = step("3", "3 of 7", StepStatus::Running, 1_000);
    item.children = vec![plan];
    let mut snapshot = workflow(1_000, 0, 1);
    let mut log = Log::new();
    log.after(UpdateKind::Transition, &snapshot);
    snapshot.steps[1] = step("analyze", "Analyze", StepStatus::Running, 1_000);
    (snapshot.steps[1].done, snapshot.steps[1].total) = (2, Some(7));
    snapshot.steps[1].children = vec![item];
    log.after(UpdateKind::Transition, &snapshot);

    (snapshot.now, snapshot.progress, snapshot.step.current) = (319_000, 4_899, 2);
    assert_eq!(
        log.after(UpdateKind::Heartbeat, &snapshot),
        ["[05:18]  48% 2/2 Analyze › 3/7 › Analysis 62/100\n"]
    );
}

#[test]
fn github_actions_gets_a_group_for_each_step_and_an_annotation_for_each_failure() {
    let mut log = Log::new();
    log.lines.github_actions = true;
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch ##[debug]\n::debug::50%", StepStatus::Running, 1_000);
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        [
            "[00:00]   0.00% 1/2 Import · started\n",
            "::group::Fetch ## [debug] ::debug::50%25\n",
            "[00:00]   0.00% 1/2 Fetch ## [debug] ::debug::50% · started\n",
        ]
    );

    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Failed, 1_000);
    snapshot.steps[0].error = Some("no route\n::stop-commands::x".into());
    snapshot.steps[1] = step("load", "Load", StepStatus::Skipped, 1_000);
    snapshot.status = RunStatus::Failed;
    (snapshot.now, snapshot.ended) = (1_500, Some(1_500));
    assert_eq!(
        log.after(UpdateKind::Ended, &snapshot),
        [
            "[00:00]   0.00% 1/2 Fetch · failed after 500ms: no route ::stop-commands::x\n",
            "::endgroup::\n",
            "::error::Fetch: no route ::stop-commands::x\n",
            "[00:00]   0.00% 2/2 Load · skipped\n",
            "[00:00]   0.00% 1/2 Import · failed after 500ms\n",
        ]
    );
}

#[test]
fn a_run_without_steps_has_no_number_of_a_step() {
    let mut log = Log::new();
    let mut snapshot = run(1_000, RunStatus::Running, 0);
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        ["[00:00]   0.00% Import · started\n"]
    );
    snapshot.message = "row 5".into();
    assert_eq!(log.after(UpdateKind::Heartbeat, &snapshot), ["[00:00]   0% Import · row 5\n"]);
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let snapshot = Arc::new(run(1_000, RunStatus::Running, 0));
    let source = || Arc::clone(&snapshot);
    let update = Update::new(UpdateKind::Attached, &source);
    assert!(Lines::new(Full).report(&update).is_err());
}

#[test]
fn a_branch_waits_for_its_cause() {
    let mut log = Log::new();
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    snapshot.steps[0].children = vec![step("left", "Left", StepStatus::Running, 1_000)];
    log.after(UpdateKind::Transition, &snapshot);

    snapshot.now = 1_500;
    snapshot.steps[0].children[0] = step("left", "Left", StepStatus::Failed, 1_000);
    assert_eq!(log.after(UpdateKind::Transition, &snapshot), [""; 0]);

    snapshot.steps[0].status = StepStatus::Failed;
    snapshot.steps[0].ended = Some(1_500);
    snapshot.steps[0].error = Some("no route".into());
    assert_eq!(
        log.after(UpdateKind::Transition, &snapshot),
        [
            "[00:00]   0.00% 1/2 Fetch › Left · failed after 500ms: no route\n",
            "[00:00]   0.00% 1/2 Fetch · failed after 500ms: no route\n"
        ]
    );
}

/// Takes so many bytes, and then none until it is given room again.
#[derive(Clone, Default)]
struct Narrow(Arc<Mutex<(usize, String)>>);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (room, text) = &mut *self.0.lock().unwrap();
        let taken = bytes.len().min(*room);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        *room -= taken;
        text.push_str(str::from_utf8(&bytes[..taken]).unwrap());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_takes_no_more_gets_whole_lines_later() {
    let narrow = Narrow::default();
    narrow.0.lock().unwrap().0 = 15;
    let mut lines = Lines::new(narrow.clone());
    let mut report = |kind, snapshot: &Snapshot| {
        let snapshot = Arc::new(snapshot.clone());
        lines.report(&Update::new(kind, &|| Arc::clone(&snapshot))).unwrap();
        Reporter::heartbeat(&lines)
    };
    let mut snapshot = workflow(1_000, 0, 1);
    snapshot.steps[0] = step("fetch", "Fetch", StepStatus::Running, 1_000);
    assert_eq!(report(UpdateKind::Transition, &snapshot), Some(Duration::ZERO));
    assert_eq!(narrow.0.lock().unwrap().1, "[00:00]   0.00%");

    // This change is left out, and told with the next one.
    snapshot.steps[0].status = StepStatus::Completed;
    snapshot.steps[0].ended = Some(1_500);
    report(UpdateKind::Transition, &snapshot);
    assert_eq!(narrow.0.lock().unwrap().1, "[00:00]   0.00%");

    narrow.0.lock().unwrap().0 = 10_000;
    snapshot.status = RunStatus::Completed;
    (snapshot.now, snapshot.ended, snapshot.progress) = (2_000, Some(2_000), 10_000);
    report(UpdateKind::Ended, &snapshot);
    let expected = "\
[00:00]   0.00% 1/2 Import · started
[00:00]   0.00% 1/2 Fetch · started
[00:01] 100.00% 1/2 Fetch · completed in 500ms
[00:01] 100.00% 1/2 Import · completed in 1.0s
";
    assert_eq!(narrow.0.lock().unwrap().1, expected);
}
