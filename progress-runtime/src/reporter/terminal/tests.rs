//! Frames as text, and their bytes in a terminal emulator.

use std::sync::Arc;

use super::environment::Capabilities;
use super::frame::Frame;
use super::hint::Hint;
use super::model::{Model, View};
use super::render::{Canvas, render, summary};
use super::screen::Screen;
use super::size::Size;
use crate::report::{ErrorRecord, Report};
use crate::snapshot::sample::{run, step};
use crate::snapshot::{OwnCount, StepCount};
use crate::{RunStatus, Snapshot, StepSnapshot, StepStatus};

const START: u64 = 1_000;

fn canvas(width: usize, height: usize) -> Canvas {
    Canvas { width, height, unicode: true }
}

/// A step that began `began` seconds after the start, and took `took` if it has ended.
fn timed(id: &str, title: &str, status: StepStatus, began: u64, took: u64) -> StepSnapshot {
    let began = START + began * 1_000;
    let mut step = step(id, title, status, began);
    step.ended = step.ended.map(|_| began + took * 1_000);
    step
}

/// The run of the issue, 5 minutes and 18 seconds after its start.
fn scenes() -> Snapshot {
    let mut snapshot = run(START + 318_000, RunStatus::Running, 4_817);
    snapshot.title = "Process new scenes".into();
    snapshot.step = StepCount { current: 4, total: 6 };
    snapshot.eta_ms = Some(350_000);
    let mut downloads = timed("downloads", "Process downloads", StepStatus::Completed, 0, 48);
    (downloads.done, downloads.total) = (42, Some(42));
    let mut sync = timed("sync", "Incremental sync", StepStatus::Skipped, 110, 0);
    sync.reason = Some("no pending scenes".into());
    let mut analyze = timed("analyze", "Analyze scenes", StepStatus::Running, 150, 0);
    (analyze.done, analyze.total, analyze.progress) = (2, Some(7), 3_742);
    analyze.item = Some("batch".into());
    analyze.children = vec![batch("3", 234)];
    snapshot.steps = vec![
        downloads,
        timed("scan", "Scan metadata", StepStatus::Completed, 48, 62),
        sync,
        analyze,
        timed("generate", "Generate metadata", StepStatus::Pending, 0, 0),
        timed("final", "Final sync", StepStatus::Pending, 0, 0),
    ];
    snapshot
}

fn batch(id: &str, began: u64) -> StepSnapshot {
    let mut item = timed(id, &format!("batch {id} of 7"), StepStatus::Running, began, 0);
    let mut plan = timed("plan", "analysis", StepStatus::Running, began, 0);
    (plan.done, plan.total, plan.progress) = (62, Some(100), 6_200);
    item.children = vec![plan, timed("apply", "applying", StepStatus::Pending, 0, 0)];
    item
}

/// The model of that run, which has seen the two batches before.
fn model() -> Model {
    let earlier = |now: u64, item: StepSnapshot| {
        let mut snapshot = scenes();
        (snapshot.now, snapshot.seq) = (START + now * 1_000, now);
        snapshot.steps[3].children = vec![item];
        Arc::new(snapshot)
    };
    let mut second = batch("2", 192);
    second.children[1] = timed("apply", "applying", StepStatus::Failed, 230, 4);
    second.children[1].error = Some("2 changes failed".into());
    let mut model = Model::new(earlier(190, batch("1", 150)));
    model.update(earlier(192, second));
    model.update(earlier(234, batch("3", 234)));
    model.update(Arc::new(scenes()));
    model
}

fn frame(model: &Model, canvas: Canvas) -> Frame {
    render(&[View { model, now: model.snapshot.now }], canvas)
}

fn check_lines(lines: &[String], wanted: &str) {
    assert_eq!(lines.join("\n"), wanted.trim_matches('\n'));
}

fn check(frame: &Frame, wanted: &str) {
    let text = frame.text();
    assert!(text == wanted.trim_matches('\n'), "\n{text}\n\nis not\n{wanted}");
}

#[test]
fn a_run_in_the_middle() {
    let mut model = model();
    model.hint = Hint::Cancel;
    check(
        &frame(&model, canvas(101, 30)),
        "
Process new scenes  ━━━━━━━━━━━━━━────────────────  48%  step 4/6  5m18s  ~6m left
 ✓ Process downloads     completed · 42 done                                                     48s
 ✓ Scan metadata         completed                                                             1m02s
 ↷ Incremental sync      skipped: no pending scenes
 ◐ Analyze scenes        batch 3/7                                         ━━━━────────  37%   2m48s
   ├ ✓ batch 1           completed                                                               42s
   ├ ⚠ batch 2           applying failed: 2 changes failed                                       42s
   └ ◐ batch 3 analysis  62/100                                            ━━━━━━━─────  62%   1m24s
 ○ Generate metadata     pending
 ○ Final sync            pending                                                    ctrl-c to cancel
",
    );
}

#[test]
fn the_same_in_ascii() {
    let canvas = Canvas { unicode: false, ..canvas(81, 30) };
    let frame = frame(&model(), canvas);
    assert!(frame.text().is_ascii());
    check(
        &frame,
        "
Process new scenes  =============---------------  48%  step 4/6  5m18s  ~6m left
 + Process downloads     completed - 42 done                                 48s
 + Scan metadata         completed                                         1m02s
 > Incremental sync      skipped: no pending scenes
 * Analyze scenes        batch 3/7                     ====--------  37%   2m48s
   |-+ batch 1           completed                                           42s
   |-! batch 2           applying failed: 2 changes failed                   42s
   `-* batch 3 analysis  62/100                        =======-----  62%   1m24s
 . Generate metadata     pending
 . Final sync            pending
",
    );
}

#[test]
fn the_same_in_sixty_columns() {
    check(
        &frame(&model(), canvas(60, 30)),
        "
Process new scenes  ━━━━━━━━─────────  48%  4/6  5m18s  ~6m
 ✓ Process downloads     completed · 42 done            48s
 ✓ Scan metadata         completed                    1m02s
 ↷ Incremental sync      skipped: no pending scenes
 ◐ Analyze scenes        batch 3/7              37%   2m48s
   ├ ✓ batch 1           completed                      42s
   ├ ⚠ batch 2           applying failed: 2 change…     42s
   └ ◐ batch 3 analysis  62/100                 62%   1m24s
 ○ Generate metadata     pending
 ○ Final sync            pending
",
    );
}

#[test]
fn the_same_in_forty_columns() {
    check(
        &frame(&model(), canvas(40, 30)),
        "
Process new scen…  ━━───  48%  4/6  ~6m
✓ Process downl…  completed         48s
✓ Scan metadata   completed       1m02s
↷ Incremental s…  skipped: no…
◐ Analyze scenes            37%   2m48s
 ✓ batch 1        completed         42s
 ⚠ batch 2        applying fai…     42s
 ◐ batch 3 anal…  62/100    62%   1m24s
○ Generate meta…  pending
○ Final sync      pending
",
    );
}

#[test]
fn the_same_in_twenty_columns() {
    check(
        &frame(&model(), canvas(20, 30)),
        "
Process new s…  48%
✓ Process downloads
✓ Scan metadata
↷ Incremental sync
◐ Analyze sce…  37%
 ✓ batch 1
 ⚠ batch 2
 ◐ batch 3 an…  62%
○ Generate metadata
○ Final sync
",
    );
}

#[test]
fn what_does_not_fit_the_height_is_counted() {
    check(
        &frame(&model(), canvas(81, 8)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
 ◐ Analyze scenes        batch 3/7                     ━━━━────────  37%   2m48s
   ├ ✓ batch 1           completed                                           42s
   ├ ⚠ batch 2           applying failed: 2 changes failed                   42s
   └ ◐ batch 3 analysis  62/100                        ━━━━━━━─────  62%   1m24s
 ○ Generate metadata     pending
 … 4 more
",
    );
    check(
        &frame(&model(), canvas(81, 4)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
 ◐ Analyze scenes  batch 3/7                           ━━━━────────  37%   2m48s
 … 8 more
",
    );
    check(
        &frame(&model(), canvas(81, 2)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
",
    );
}

#[test]
fn every_state_of_a_step_has_its_sign_and_its_word() {
    let mut snapshot = scenes();
    let mut retrying = timed("b", "B", StepStatus::Retrying, 300, 0);
    (retrying.attempt, retrying.attempts) = (2, Some(3));
    retrying.error = Some("connection reset".into());
    let mut skipped = timed("d", "D", StepStatus::Skipped, 300, 0);
    skipped.reason = Some("nothing to do".into());
    let mut failed = timed("g", "G", StepStatus::Failed, 300, 3);
    failed.error = Some("no space left".into());
    snapshot.steps = vec![
        timed("a", "A", StepStatus::Running, 300, 0),
        retrying,
        timed("c", "C", StepStatus::Cancelling, 300, 0),
        skipped,
        timed("e", "E", StepStatus::Completed, 300, 3),
        timed("f", "F", StepStatus::CompletedWithErrors, 300, 3),
        failed,
        timed("h", "H", StepStatus::Cancelled, 300, 3),
        timed("i", "I", StepStatus::Pending, 300, 0),
    ];
    let model = Model::new(Arc::new(snapshot));
    check(
        &frame(&model, canvas(81, 30)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
 ◑ A  running                                                                18s
 ↻ B  retrying, attempt 2/3: connection reset                                18s
 ◌ C  cancelling                                                             18s
 ↷ D  skipped: nothing to do
 ✓ E  completed                                                               3s
 ⚠ F  completed with errors                                                   3s
 ✗ G  failed: no space left                                                   3s
 ⊘ H  cancelled                                                               3s
 ○ I  pending
",
    );
    let ascii = Canvas { unicode: false, ..canvas(81, 30) };
    check(
        &frame(&model, ascii),
        "
Process new scenes  =============---------------  48%  step 4/6  5m18s  ~6m left
 - A  running                                                                18s
 @ B  retrying, attempt 2/3: connection reset                                18s
 : C  cancelling                                                             18s
 > D  skipped: nothing to do
 + E  completed                                                               3s
 ! F  completed with errors                                                   3s
 x G  failed: no space left                                                   3s
 / H  cancelled                                                               3s
 . I  pending
",
    );
}

#[test]
fn a_cancel_says_what_it_waits_for() {
    let mut snapshot = scenes();
    snapshot.status = RunStatus::Cancelling;
    let analyze = &mut snapshot.steps[3];
    analyze.status = StepStatus::Cancelling;
    analyze.children[0].status = StepStatus::Cancelling;
    analyze.children[0].children[0].status = StepStatus::Cancelling;
    let mut model = Model::new(Arc::new(snapshot));
    model.hint = Hint::Leave;
    check(
        &frame(&model, canvas(81, 30)),
        "
Process new scenes  ━━───  48%  cancelling, waiting for batch 3 analysis 62/100…
 ✓ Process downloads     completed · 42 done                                 48s
 ✓ Scan metadata         completed                                         1m02s
 ↷ Incremental sync      skipped: no pending scenes
 ◌ Analyze scenes        cancelling · batch 3/7        ━━━━────────  37%   2m48s
   └ ◌ batch 3 analysis  cancelling · 62/100           ━━━━━━━─────  62%   1m24s
 ○ Generate metadata     pending
 ○ Final sync            pending                         ctrl-c to leave at once
",
    );
}

#[test]
fn a_run_that_failed_shows_where_and_why() {
    let mut snapshot = scenes();
    snapshot.status = RunStatus::Failed;
    (snapshot.ended, snapshot.errors) = (Some(snapshot.now), 1);
    snapshot.error = Some("disk full".into());
    let mut apply = timed("apply", "Applying", StepStatus::Failed, 240, 3);
    apply.error = Some("disk full".into());
    let analyze = &mut snapshot.steps[3];
    analyze.status = StepStatus::Failed;
    analyze.ended = Some(START + 318_000);
    analyze.children = vec![timed("plan", "Analysis", StepStatus::Completed, 150, 90), apply];
    let model = Model::new(Arc::new(snapshot));
    check(
        &summary(&model, canvas(81, 30), true),
        "
✗ Process new scenes  failed at 48% after 5m18s: disk full
 ✓ Process downloads  completed · 42 done                                    48s
 ✓ Scan metadata      completed                                            1m02s
 ↷ Incremental sync   skipped: no pending scenes
 ✗ Analyze scenes     failed                                               2m48s
   └ ✗ Applying       failed: disk full                                       3s
 ○ Generate metadata  pending
 ○ Final sync         pending
",
    );
    check(
        &summary(&model, canvas(81, 30), false),
        "
✗ Process new scenes  failed at 48% after 5m18s: disk full
",
    );
}

/// The report of a run that has survived errors, each given by its ids, titles and text.
fn report(snapshot: &Snapshot, errors: &[(&str, &str, &str)]) -> Arc<Report> {
    let record = |(step, title, text): &(&str, &str, &str)| ErrorRecord {
        step: (*step).to_owned(),
        title: (*title).to_owned(),
        text: (*text).to_owned(),
    };
    let errors = errors.iter().map(record).collect();
    Arc::new(Report::new(Arc::new(snapshot.clone()), errors, Vec::new()))
}

/// The run of the issue, which has survived all that.
fn survived() -> Snapshot {
    let mut snapshot = scenes();
    snapshot.status = RunStatus::CompletedWithErrors;
    (snapshot.ended, snapshot.errors, snapshot.progress) = (Some(snapshot.now), 16, 10_000);
    let mut analyze = timed("analyze", "Analyze scenes", StepStatus::CompletedWithErrors, 150, 99);
    analyze.errors = 12;
    snapshot.steps[0].status = StepStatus::CompletedWithErrors;
    snapshot.steps[0].errors = 1;
    snapshot.steps[3] = analyze;
    snapshot.steps[4] = timed("generate", "Generate metadata", StepStatus::Failed, 250, 9);
    snapshot.steps[4].error = Some("disk full".into());
    snapshot.steps[5] = timed("final", "Final sync", StepStatus::Completed, 259, 9);
    snapshot
}

#[test]
fn a_run_that_survived_failures_names_them_at_the_end() {
    let snapshot = survived();
    let mut model = model();
    model.update(Arc::new(snapshot.clone()));
    let apply = "Analyze scenes › batch 2 › applying";
    let mut errors = vec![
        ("downloads", "Process downloads", "clip 7 is no video"),
        ("analyze/2/apply", apply, "2 changes failed"),
        ("generate", "Generate metadata", "disk full"),
    ];
    errors
        .resize(14, ("analyze/3/apply", "Analyze scenes › batch 3 › applying", "1 change failed"));
    errors.push(("", "", "no licence"));
    model.report = Some(report(&snapshot, &errors));
    check(
        &summary(&model, canvas(81, 30), true),
        "
⚠ Process new scenes  completed with errors in 5m18s, 16 errors
 ⚠ Process downloads       completed with errors · 1 error                   48s
   └ ✗ error               clip 7 is no video
 ✓ Scan metadata           completed                                       1m02s
 ↷ Incremental sync        skipped: no pending scenes
 ⚠ Analyze scenes          completed with errors · 12 errors               1m39s
   ├ ✗ batch 2 › applying  error: 2 changes failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   ├ ✗ batch 3 › applying  error: 1 change failed
   └ ⚠ 2 more errors
 ✗ Generate metadata       failed: disk full                                  9s
 ✓ Final sync              completed                                          9s
 ✗ error                   no licence
 ⚠ 1 more error
",
    );
    check(
        &summary(&model, canvas(41, 30), false),
        "
⚠ Process new…  completed with errors in
  5m18s, 16 errors
 ✗ Process down…
   error: clip 7 is no video
 ✗ Analyze scen…
   error: 2 changes failed
 ✗ Generate met…
   error: disk full
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ✗ Analyze scen…
   error: 1 change failed
 ⚠ 6 more errors
",
    );
}

#[test]
fn a_quick_run_leaves_its_result_and_nothing_else() {
    let mut snapshot = run(START + 120, RunStatus::Completed, 10_000);
    snapshot.steps = vec![timed("a", "A", StepStatus::Completed, 0, 0)];
    let model = Model::new(Arc::new(snapshot));
    check(
        &summary(&model, canvas(81, 30), false),
        "
✓ Import  completed in 120ms
",
    );
}

const LONG: &str = "error sending request for url (http://localhost:8765/crates/serde/1.0.0/download): \
    tcp connect error: Connection refused (os error 111)";

#[test]
fn the_text_of_an_error_stays_whole_at_the_end() {
    let mut snapshot = run(START + 120, RunStatus::Failed, 4_000);
    snapshot.error = Some(LONG.into());
    let mut fetch = timed("fetch", "Fetch", StepStatus::Failed, 0, 2);
    fetch.error = Some(LONG.into());
    snapshot.steps = vec![fetch];
    snapshot.errors = 2;
    let mut model = Model::new(Arc::new(snapshot.clone()));
    model.report = Some(report(&snapshot, &[("sync", "Sync", LONG), ("", "", LONG)]));
    check(
        &summary(&model, canvas(81, 30), true),
        "
✗ Import  failed at 40% after 120ms: error sending request for url
  (http://localhost:8765/crates/serde/1.0.0/download): tcp connect error:
  Connection refused (os error 111)
 ✗ Fetch  failed: error sending request for url                               2s
          (http://localhost:8765/crates/serde/1.0.0/download): tcp
          connect error: Connection refused (os error 111)
 ✗ Sync   error: error sending request for url
          (http://localhost:8765/crates/serde/1.0.0/download): tcp connect
          error: Connection refused (os error 111)
",
    );
    // A wide terminal has room for all of it.
    let wide = summary(&model, canvas(241, 30), true);
    assert_eq!(wide.lines.len(), 4, "{}", wide.text());
    for width in 24..300 {
        let frame = summary(&model, canvas(width, 30), true);
        let text = frame.text().replace(" 2s\n", "\n").replace([' ', '\n'], "");
        assert_eq!(text.matches(&LONG.replace(' ', "")).count(), 3, "{}", frame.text());
    }
}

#[test]
fn a_text_that_ends_in_a_digit_is_cut_and_not_left_out() {
    let mut snapshot = scenes();
    snapshot.steps[3].children.clear();
    snapshot.steps[3].message = Some("compiling the crate number 118 of the workspace 7".into());
    snapshot.steps[0] = timed("downloads", "Process downloads", StepStatus::Failed, 0, 4);
    snapshot.steps[0].error = Some("the command that fetches clips ended: exit status 1".into());
    let frame = frame(&Model::new(Arc::new(snapshot)), canvas(81, 30)).text();
    assert!(frame.contains("2/7 · compiling the crate numb…"), "{frame}");
    assert!(frame.contains("failed: the command that fetches clips ended: exi…"), "{frame}");
}

#[test]
fn an_error_of_a_share_that_was_split_off_is_named() {
    let snapshot = Snapshot { errors: 1, ..run(START + 900, RunStatus::Completed, 10_000) };
    let mut model = Model::new(Arc::new(snapshot.clone()));
    model.report = Some(report(&snapshot, &[("1", "#1", "no licence")]));
    let wanted = "
✓ Import  completed in 900ms, 1 error
 ✗ #1  error: no licence
";
    for was_shown in [true, false] {
        check(&summary(&model, canvas(81, 30), was_shown), wanted);
    }
}

#[test]
fn a_run_without_steps_shows_its_count_and_its_message() {
    let mut snapshot = run(START + 3_000, RunStatus::Running, 5_000);
    snapshot.title = "Scan".into();
    snapshot.message = "reading file 15".into();
    snapshot.own_count = OwnCount { done: 15, total: Some(30) };
    let model = Model::new(Arc::new(snapshot.clone()));
    check(
        &frame(&model, canvas(81, 30)),
        "Scan  ━━━━━━━━━━━━━━━───────────────  50%  15/30  3s  reading file 15",
    );
    check(
        &frame(&model, canvas(61, 30)),
        "Scan  ━━━━━━━━────────  50%  15/30  3s  reading file 15",
    );
    check(&frame(&model, canvas(41, 30)), "Scan  50%  15/30  3s  reading file 15");

    // Without a total, a spinner turns.
    snapshot.own_count.total = None;
    snapshot.progress = 0;
    let model = Model::new(Arc::new(snapshot.clone()));
    let shown = frame(&model, canvas(81, 30));
    assert!(shown.animated);
    check(&shown, "◓ Scan  15  3s  reading file 15");
    snapshot.message = "a message that is far too long for so short a line".into();
    let model = Model::new(Arc::new(snapshot));
    check(&frame(&model, canvas(41, 30)), "◓ Scan  15  3s  a message that is far t…");
}

#[test]
fn two_runs_share_the_screen() {
    let first = model();
    let mut other = run(START + 5_000, RunStatus::Running, 999);
    other.title = "Upload".into();
    let second = Model::new(Arc::new(other));
    let views = [&first, &second].map(|model| View { model, now: model.snapshot.now });
    check(
        &render(&views, canvas(81, 9)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
 ◐ Analyze scenes        batch 3/7                     ━━━━────────  37%   2m48s
   ├ ✓ batch 1           completed                                           42s
   ├ ⚠ batch 2           applying failed: 2 changes failed                   42s
   └ ◐ batch 3 analysis  62/100                        ━━━━━━━─────  62%   1m24s
 ○ Generate metadata     pending
 … 4 more
Upload  ━━╸───────────────────────────   9%  5s
",
    );
    check(
        &render(&views, canvas(81, 2)),
        "
Upload  ━━╸───────────────────────────   9%  5s
",
    );
}

#[test]
fn a_step_of_unknown_length_turns_and_has_no_bar() {
    let mut snapshot = scenes();
    snapshot.steps = vec![timed("a", "Walking", StepStatus::Running, 300, 0)];
    snapshot.steps[0].done = 123_456;
    let model = Model::new(Arc::new(snapshot));
    let turns: Vec<_> = (0..4)
        .map(|turn| {
            let view = View { model: &model, now: START + 318_000 + turn * 120 };
            let frame = render(&[view], canvas(61, 30));
            assert!(frame.animated);
            frame.text().lines().nth(1).unwrap().to_owned()
        })
        .collect();
    check_lines(
        &turns,
        "
 ◑ Walking  123k                                         18s
 ◒ Walking  123k                                         18s
 ◐ Walking  123k                                         18s
 ◓ Walking  123k                                         18s
",
    );
    assert!(!frame(&self::model(), canvas(81, 30)).animated);
}

#[test]
fn wide_and_combining_characters_keep_the_columns() {
    let mut snapshot = scenes();
    snapshot.steps[0].title = "ダウンロードを処理する、とても長い題名".into();
    snapshot.steps[1].title = "Me\u{301}tadonne\u{301}es 👩‍🚀".into();
    snapshot.steps[2].title = "\u{1b}[2J\nforged".into();
    let model = Model::new(Arc::new(snapshot));
    check(
        &frame(&model, canvas(61, 30)),
        "
Process new scenes  ━━━━━━━━╸─────────  48%  4/6  5m18s  ~6m
 ✓ ダウンロードを処理す…  completed · 42 done            48s
 ✓ Métadonnées 👩‍🚀         completed                    1m02s
 ↷  forged                skipped: no pending scenes
 ◐ Analyze scenes         batch 3/7    ━━╸─────  37%   2m48s
   └ ◐ batch 3 analysis   62/100       ━━━━╸───  62%   1m24s
 ○ Generate metadata      pending
 ○ Final sync             pending
",
    );
}

#[test]
fn no_frame_is_larger_than_its_canvas() {
    let mut model = model();
    model.hint = Hint::Cancel;
    let mut cancelling = scenes();
    cancelling.status = RunStatus::Cancelling;
    let other = Model::new(Arc::new(cancelling));
    for width in 1..130 {
        for height in 1..14 {
            for unicode in [true, false] {
                let canvas = Canvas { width, height, unicode };
                let views = [&model, &other].map(|model| View { model, now: model.snapshot.now });
                let frame = render(&views, canvas);
                assert!(frame.lines.len() <= (height - 1).max(1), "{canvas:?}\n{}", frame.text());
                let last = summary(&model, canvas, true);
                for line in frame.lines.iter().chain(&last.lines) {
                    assert!(line.width() <= (width - 1).max(1), "{canvas:?}\n{}", frame.text());
                }
            }
        }
    }
}

/// A terminal that interprets the bytes of a screen.
struct Emulator {
    screen: Screen,
    parser: vt100::Parser,
    can: Capabilities,
}

const CAN: Capabilities =
    Capabilities { colour: true, unicode: true, taskbar: false, pinned: false };

impl Emulator {
    fn new(width: u16, height: u16) -> Self {
        let parser = vt100::Parser::new(height, width, 100);
        Self { screen: Screen::default(), parser, can: CAN }
    }

    fn pinned(width: u16, height: u16) -> Self {
        Self { can: Capabilities { pinned: true, ..CAN }, ..Self::new(width, height) }
    }

    fn size(&self) -> Size {
        let (rows, columns) = self.parser.screen().size();
        (columns.into(), rows.into())
    }

    /// Prints past the bars, as code does that knows nothing of them.
    fn print(&mut self, text: &str) {
        self.parser.process(text.replace('\n', "\r\n").as_bytes());
    }

    fn paint(&mut self, frame: &Frame) -> String {
        let out = self.screen.paint(frame, self.size(), self.can);
        self.parser.process(out.as_bytes());
        out
    }

    fn above(&mut self, text: &str) {
        let frame = self.screen.frame();
        let out = self.screen.above(text, &frame, self.size(), self.can);
        // The terminal's driver makes a return and a line feed of a line's end.
        self.parser.process(out.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.parser.screen_mut().set_size(height, width);
    }

    fn text(&self) -> String {
        let screen = self.parser.screen();
        let rows: Vec<_> =
            screen.rows(0, screen.size().1).map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }
}

/// Lines that name themselves.
fn lines(names: &[&str]) -> Frame {
    let line = |name: &&str| {
        let mut line = super::frame::FrameLine::default();
        line.push(*name, super::frame::Tone::Active);
        line
    };
    Frame { lines: names.iter().map(line).collect(), animated: false }
}

#[test]
fn a_frame_takes_the_place_of_the_one_before() {
    let mut emulator = Emulator::new(40, 10);
    emulator.print("$ run\n");
    for (frame, wanted) in [
        (lines(&["a long line", "b"]), "$ run\n\na long line\nb"),
        (lines(&["a", "b", "c", "d"]), "$ run\n\na\nb\nc\nd"),
        (lines(&["a"]), "$ run\n\na"),
        (lines(&[]), "$ run"),
    ] {
        emulator.paint(&frame);
        assert_eq!(emulator.text(), wanted);
        assert_eq!(emulator.parser.screen().cursor_position(), (1, 0));
        assert!(!emulator.parser.screen().hide_cursor());
    }
}

#[test]
fn nothing_is_written_where_nothing_has_changed() {
    let mut emulator = Emulator::new(40, 10);
    emulator.paint(&lines(&["first", "second"]));
    assert_eq!(emulator.paint(&lines(&["first", "second"])), "");
    assert!(emulator.paint(&lines(&["first", "other"])).contains("other"));
    emulator.paint(&lines(&[]));
    assert_eq!(emulator.paint(&lines(&[])), "");
}

#[test]
fn a_frame_at_the_end_of_the_screen_scrolls_what_is_above() {
    let mut emulator = Emulator::new(40, 5);
    emulator.print("1\n2\n3\n4\n");
    emulator.paint(&lines(&["a", "b", "c"]));
    assert_eq!(emulator.text(), "4\n\na\nb\nc");
    emulator.paint(&lines(&["A", "B", "C"]));
    assert_eq!(emulator.text(), "4\n\nA\nB\nC");
}

#[test]
fn what_is_printed_stands_above_unbroken() {
    let mut emulator = Emulator::new(40, 10);
    emulator.paint(&lines(&["a", "b"]));
    emulator.above("one\n");
    emulator.above("two\nthree\n");
    assert_eq!(emulator.text(), "one\ntwo\nthree\n\na\nb");
    emulator.paint(&lines(&["A", "b"]));
    assert_eq!(emulator.text(), "one\ntwo\nthree\n\nA\nb");
}

#[test]
fn a_line_that_is_printed_past_the_bars_moves_them() {
    let mut emulator = Emulator::new(40, 10);
    let mut wanted = String::new();
    for line in 1..=30 {
        emulator.paint(&lines(&[&format!("a {line}"), "b"]));
        emulator.print(&format!("line {line}\n"));
        emulator.paint(&lines(&[&format!("A {line}"), "b"]));
        wanted.push_str(&format!("line {line}\n"));
        let screen = format!("{wanted}\nA {line}\nb");
        let rows: Vec<_> = screen.lines().collect();
        let rows = &rows[rows.len().saturating_sub(10)..];
        assert_eq!(emulator.text(), rows.join("\n"));
    }
}

#[test]
fn a_part_of_a_line_goes_on_where_it_was() {
    let mut emulator = Emulator::new(40, 6);
    emulator.print("1\n2\n3\n4\n");
    emulator.paint(&lines(&["a", "b", "c"]));
    emulator.print("\x1b[35mhalf a line, ");
    emulator.paint(&lines(&["A", "b", "c", "d"]));
    emulator.print("and the rest\x1b[m\n");
    emulator.paint(&lines(&["A", "b"]));
    assert_eq!(emulator.text(), "4\nhalf a line, and the rest\n\nA\nb");
    let cell = |row, column| emulator.parser.screen().cell(row, column).unwrap().fgcolor();
    assert_eq!(cell(1, 20), vt100::Color::Idx(5), "the colour of the first half");
    assert_eq!(cell(3, 0), vt100::Color::Idx(6), "the bar's own");
}

#[test]
fn a_line_of_the_log_does_not_go_on_in_what_was_typed() {
    let mut emulator = Emulator::new(12, 8);
    emulator.paint(&lines(&["a", "b"]));
    for typed in ["^C", "eleven cell", "twelve cells"] {
        emulator.print(typed);
        emulator.above("log\n");
    }
    assert_eq!(emulator.text(), "log\neleven cell\nlog\ntwelve cells\nlog\n\na\nb");
}

#[test]
fn in_a_tall_terminal_two_lines_at_once_are_as_safe_as_one() {
    let mut emulator = Emulator::new(40, 24);
    emulator.paint(&lines(&["a", "b"]));
    emulator.print("one\ntwo\n");
    emulator.paint(&lines(&["A", "b"]));
    emulator.print(&format!("{}wrapped\n", "-".repeat(40)));
    emulator.paint(&lines(&["a", "b"]));
    let wanted = format!("one\ntwo\n{}\nwrapped\n\n\na\nb", "-".repeat(40));
    assert_eq!(emulator.text(), wanted);
}

#[test]
fn of_more_lines_at_once_none_is_lost() {
    let mut emulator = Emulator::new(40, 8);
    emulator.paint(&lines(&["a bar of ours", "b"]));
    emulator.print("one\ntwo\nthree\nfour\n");
    // The rest of a bar is left behind the second line.
    emulator.paint(&lines(&["A", "b"]));
    assert_eq!(emulator.text(), "one\ntwoar of ours\nthree\nfour\n\nA\nb");
}

#[test]
fn a_resize_leaves_no_debris() {
    let mut emulator = Emulator::new(60, 14);
    emulator.print("$ run\n");
    let model = model();
    for (width, height) in [(60, 14), (30, 14), (90, 13), (20, 12), (101, 14)] {
        emulator.resize(width, height);
        let frame = frame(&model, canvas(width.into(), height.into()));
        emulator.paint(&frame);
        assert_eq!(emulator.text(), format!("$ run\n\n{}", frame.text()));
    }
}

#[test]
fn rows_that_a_terminal_has_wrapped_are_taken_away_too() {
    let mut emulator = Emulator::new(8, 10);
    emulator.paint(&lines(&["a", "b"]));
    // A terminal that has become narrow goes on in the next row.
    emulator.print("\x1b7\r\na long \r\nline\r\nb\x1b8");
    emulator.paint(&lines(&["A", "B"]));
    assert_eq!(emulator.text(), "\nA\nB");
}

#[test]
fn colour_goes_and_the_bar_stays() {
    let mut screen = Screen::default();
    let plain = Capabilities { colour: false, ..CAN };
    let frame = frame(&model(), canvas(80, 30));
    let out = screen.paint(&frame, (80, 24), plain);
    assert!(out.contains("━━━") && !out.contains("\x1b[0m") && !out.contains("\x1b[3"), "{out:?}");
}

#[test]
fn pinned_bars_leave_whatever_is_printed_unbroken() {
    let mut emulator = Emulator::pinned(40, 8);
    emulator.print("$ run\n");
    emulator.paint(&lines(&["a", "b"]));
    assert_eq!(emulator.text(), "$ run\n\n\n\n\n\na\nb");
    emulator.print("one\ntwo, in ");
    emulator.paint(&lines(&["A", "b", "c"]));
    emulator.print("two parts\nthree\n");
    assert_eq!(emulator.text(), "$ run\none\ntwo, in two parts\nthree\n\nA\nb\nc");
    for line in 4..9 {
        emulator.print(&format!("{line}\n"));
    }
    assert_eq!(emulator.text(), "5\n6\n7\n8\n\nA\nb\nc");
    emulator.paint(&lines(&["A"]));
    assert_eq!(emulator.text(), "5\n6\n7\n8\n\n\n\nA");
    emulator.print("9\n");
    emulator.paint(&lines(&["A", "b", "c", "d", "e"]));
    assert_eq!(emulator.text(), "8\n9\n\nA\nb\nc\nd\ne");
    emulator.paint(&lines(&[]));
    emulator.print("$ ");
    assert_eq!(emulator.text(), "8\n9\n$");
}

#[test]
fn pinned_bars_follow_the_end_of_the_screen() {
    let mut emulator = Emulator::pinned(40, 8);
    emulator.print("one\ntwo\n");
    for (width, height, blank) in [(40, 8, 4), (30, 12, 8), (40, 6, 2), (20, 7, 3)] {
        emulator.resize(width, height);
        emulator.paint(&lines(&["a", "b"]));
        let wanted = format!("one\ntwo{}\na\nb", "\n".repeat(blank));
        assert_eq!(emulator.text(), wanted, "{width} x {height}");
    }
}
