//! Frames as text, and what a terminal emulator makes of the bytes between them.

use std::sync::Arc;

use super::frame::Frame;
use super::model::{Hint, Model};
use super::render::{Canvas, View, conclude, render};
use super::screen::{Screen, Size};
use super::surroundings::Abilities;
use crate::snapshot::sample::{run, step};
use crate::{RunStatus, Snapshot, StepCount, StepSnapshot, StepStatus};

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
    snapshot.eta_ms = Some(340_000);
    let mut downloads = timed("downloads", "Process downloads", StepStatus::Completed, 0, 48);
    (downloads.done, downloads.total) = (42, Some(42));
    let mut sync = timed("sync", "Incremental sync", StepStatus::Skipped, 110, 0);
    sync.reason = Some("no pending scenes".into());
    let mut analyze = timed("analyze", "Analyze scenes", StepStatus::Running, 150, 0);
    (analyze.done, analyze.total, analyze.progress) = (2, Some(7), 3_742);
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
    let mut item = timed(id, &format!("{id} of 7"), StepStatus::Running, began, 0);
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
 ✓ Process downloads  completed · 42 done                                                        48s
 ✓ Scan metadata      completed                                                                1m02s
 ↷ Incremental sync   skipped: no pending scenes
 ◐ Analyze scenes     3/7                                                  ━━━━────────  37%   2m48s
   ├ ✓ #1             completed                                                                  42s
   ├ ⚠ #2             applying failed: 2 changes failed                                          42s
   └ ◐ #3 analysis    62/100                                               ━━━━━━━─────  62%   1m24s
 ○ Generate metadata  pending
 ○ Final sync         pending                                                       ctrl-c to cancel
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
 + Process downloads  completed - 42 done                                    48s
 + Scan metadata      completed                                            1m02s
 > Incremental sync   skipped: no pending scenes
 * Analyze scenes     3/7                              ====--------  37%   2m48s
   |-+ #1             completed                                              42s
   |-! #2             applying failed: 2 changes failed                      42s
   `-* #3 analysis    62/100                           =======-----  62%   1m24s
 . Generate metadata  pending
 . Final sync         pending
",
    );
}

#[test]
fn the_same_in_sixty_columns() {
    check(
        &frame(&model(), canvas(60, 30)),
        "
Process new scenes  ━━━━━━━━─────────  48%  4/6  5m18s  ~6m
 ✓ Process downloads  completed · 42 done               48s
 ✓ Scan metadata      completed                       1m02s
 ↷ Incremental sync   skipped: no pending scenes
 ◐ Analyze scenes     3/7                       37%   2m48s
   ├ ✓ #1             completed                         42s
   ├ ⚠ #2             applying failed: 2 changes f…     42s
   └ ◐ #3 analysis    62/100                    62%   1m24s
 ○ Generate metadata  pending
 ○ Final sync         pending
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
◐ Analyze scenes
 ✓ #1
 ⚠ #2
 ◐ #3 analysis  62%
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
 ◐ Analyze scenes     3/7                              ━━━━────────  37%   2m48s
   ├ ✓ #1             completed                                              42s
   ├ ⚠ #2             applying failed: 2 changes failed                      42s
   └ ◐ #3 analysis    62/100                           ━━━━━━━─────  62%   1m24s
 ○ Generate metadata  pending
 … 4 more
",
    );
    check(
        &frame(&model(), canvas(81, 4)),
        "
Process new scenes  ━━━━━━━━━━━━━───────────────  48%  step 4/6  5m18s  ~6m left
 ◐ Analyze scenes  3/7                                 ━━━━────────  37%   2m48s
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
Process new scenes  ━━━━╸─────  48%  cancelling, waiting for #3 analysis 62/100…
 ✓ Process downloads  completed · 42 done                                    48s
 ✓ Scan metadata      completed                                            1m02s
 ↷ Incremental sync   skipped: no pending scenes
 ◌ Analyze scenes     cancelling · 3/7                 ━━━━────────  37%   2m48s
   └ ◌ #3 analysis    cancelling · 62/100              ━━━━━━━─────  62%   1m24s
 ○ Generate metadata  pending
 ○ Final sync         pending                            ctrl-c to leave at once
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
        &conclude(&model, canvas(81, 30), false),
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
        &conclude(&model, canvas(81, 30), true),
        "
✗ Process new scenes  failed at 48% after 5m18s: disk full
",
    );
}

#[test]
fn a_run_that_survived_failures_names_them_at_the_end() {
    let mut model = model();
    let mut snapshot = scenes();
    snapshot.status = RunStatus::CompletedWithErrors;
    (snapshot.ended, snapshot.errors, snapshot.progress) = (Some(snapshot.now), 1, 10_000);
    snapshot.steps[3] =
        timed("analyze", "Analyze scenes", StepStatus::CompletedWithErrors, 150, 99);
    snapshot.steps.truncate(4);
    model.update(Arc::new(snapshot));
    check(
        &conclude(&model, canvas(81, 30), false),
        "
⚠ Process new scenes  completed with errors in 5m18s, 1 error
 ✓ Process downloads  completed · 42 done                                    48s
 ✓ Scan metadata      completed                                            1m02s
 ↷ Incremental sync   skipped: no pending scenes
 ⚠ Analyze scenes     completed with errors · 1 failed                     1m39s
   └ ⚠ #2             applying failed: 2 changes failed                      42s
",
    );
}

#[test]
fn a_quick_run_leaves_its_result_and_nothing_else() {
    let mut snapshot = run(START + 120, RunStatus::Completed, 10_000);
    snapshot.steps = vec![timed("a", "A", StepStatus::Completed, 0, 0)];
    let model = Model::new(Arc::new(snapshot));
    check(
        &conclude(&model, canvas(81, 30), true),
        "
✓ Import  completed in 120ms
",
    );
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
 ◐ Analyze scenes     3/7                              ━━━━────────  37%   2m48s
   ├ ✓ #1             completed                                              42s
   ├ ⚠ #2             applying failed: 2 changes failed                      42s
   └ ◐ #3 analysis    62/100                           ━━━━━━━─────  62%   1m24s
 ○ Generate metadata  pending
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
 ↷ ␛[2J forged            skipped: no pending scenes
 ◐ Analyze scenes         3/7          ━━╸─────  37%   2m48s
   └ ◐ #3 analysis        62/100       ━━━━╸───  62%   1m24s
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
                let last = conclude(&model, canvas, false);
                for line in frame.lines.iter().chain(&last.lines) {
                    assert!(line.width() <= (width - 1).max(1), "{canvas:?}\n{}", frame.text());
                }
            }
        }
    }
}

/// A terminal that gets what a screen writes.
struct Emulator {
    screen: Screen,
    parser: vt100::Parser,
    can: Abilities,
}

const CAN: Abilities =
    Abilities { colour: true, unicode: true, taskbar: false, reflow: false, pinned: false };

impl Emulator {
    fn new(width: u16, height: u16) -> Self {
        let parser = vt100::Parser::new(height, width, 100);
        Self { screen: Screen::default(), parser, can: CAN }
    }

    fn pinned(width: u16, height: u16) -> Self {
        Self { can: Abilities { pinned: true, ..CAN }, ..Self::new(width, height) }
    }

    fn size(&self) -> Size {
        let (rows, columns) = self.parser.screen().size();
        (columns.into(), rows.into())
    }

    /// What somebody prints who knows nothing of the bars.
    fn print(&mut self, text: &str) {
        self.parser.process(text.replace('\n', "\r\n").as_bytes());
    }

    fn paint(&mut self, frame: &Frame) -> String {
        let out = self.screen.paint(frame, self.size(), self.can);
        self.parser.process(out.as_bytes());
        out
    }

    fn above(&mut self, text: &str) {
        let out = self.screen.above(text, self.size(), self.can);
        // The terminal's driver makes a return and a line feed of a line's end.
        self.parser.process(out.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes());
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.parser.screen_mut().set_size(height, width);
    }

    fn text(&self) -> String {
        self.parser.screen().contents().trim_end().to_owned()
    }
}

/// Lines that name themselves.
fn lines(names: &[&str]) -> Frame {
    let line = |name: &&str| {
        let mut line = super::frame::Line::default();
        line.push(*name, super::frame::Tone::Active);
        line
    };
    Frame { lines: names.iter().map(line).collect(), animated: false }
}

#[test]
fn a_frame_takes_the_place_of_the_one_before() {
    let mut emulator = Emulator::new(40, 10);
    emulator.parser.process(b"$ run\r\n");
    for (frame, wanted) in [
        (lines(&["a long line", "b"]), "$ run\na long line\nb"),
        (lines(&["a", "b", "c", "d"]), "$ run\na\nb\nc\nd"),
        (lines(&["a"]), "$ run\na"),
        (lines(&[]), "$ run"),
    ] {
        emulator.paint(&frame);
        assert_eq!(emulator.text(), wanted);
        let cursor = emulator.parser.screen().cursor_position();
        assert_eq!(cursor, (1 + frame.lines.len() as u16, 0));
        assert!(!emulator.parser.screen().hide_cursor());
    }
}

#[test]
fn nothing_is_written_where_nothing_has_changed() {
    let mut emulator = Emulator::new(40, 10);
    emulator.paint(&lines(&["first", "second"]));
    assert_eq!(emulator.paint(&lines(&["first", "second"])), "");
    let change = emulator.paint(&lines(&["first", "other"]));
    assert!(!change.contains("first") && change.contains("other"), "{change:?}");
}

#[test]
fn a_frame_at_the_end_of_the_screen_scrolls_what_is_above() {
    let mut emulator = Emulator::new(40, 4);
    emulator.parser.process(b"1\r\n2\r\n3\r\n");
    emulator.paint(&lines(&["a", "b", "c"]));
    assert_eq!(emulator.text(), "a\nb\nc");
    emulator.paint(&lines(&["A", "B", "C"]));
    assert_eq!(emulator.text(), "A\nB\nC");
}

#[test]
fn what_is_printed_stands_above_unbroken() {
    let mut emulator = Emulator::new(40, 10);
    emulator.paint(&lines(&["a", "b"]));
    emulator.above("one\n");
    emulator.above("two\nthree\n");
    assert_eq!(emulator.text(), "one\ntwo\nthree\na\nb");
    emulator.paint(&lines(&["A", "b"]));
    assert_eq!(emulator.text(), "one\ntwo\nthree\nA\nb");
}

#[test]
fn a_resize_leaves_no_debris() {
    let mut emulator = Emulator::new(60, 14);
    emulator.parser.process(b"$ run\r\n");
    let model = model();
    for (width, height) in [(60, 14), (30, 14), (90, 13), (20, 12), (101, 14)] {
        emulator.resize(width, height);
        let frame = frame(&model, canvas(width.into(), height.into()));
        emulator.paint(&frame);
        assert_eq!(emulator.text(), format!("$ run\n{}", frame.text()));
    }
}

#[test]
fn lines_that_the_terminal_has_wrapped_are_taken_away_too() {
    let wrapped = Abilities { reflow: true, ..CAN };
    let mut screen = Screen::default();
    screen.paint(&lines(&["ten cells.", "two"]), (12, 24), wrapped);
    // In a terminal of four columns these are three rows and one.
    assert!(screen.paint(&lines(&["x"]), (4, 24), wrapped).contains("\x1b[4A\x1b[K"));
}

#[test]
fn colour_goes_and_the_bar_stays() {
    let mut screen = Screen::default();
    let plain = Abilities { colour: false, ..CAN };
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
