//! What a user sees of a plain run: on a screen in memory, and on a writer.

use std::io::Write;
use std::sync::Arc;

use futures::executor::block_on;
use progress_runtime::reporter::{Keep, TerminalMode, TerminalScreen};
use progress_runtime::{
    Interrupted, ManualClock, Progress, Reporter, Run, RunStatus, Snapshot, Terminal, Unit, Update,
    UpdateKind, workflow,
};

use crate::support::page::Page;
use crate::support::{SECOND, observed};

fn on_screen(title: &str, keep: Keep) -> (Run, Progress, ManualClock, TerminalScreen) {
    let (run, progress, clock, _) = observed(title);
    let (terminal, screen) = Terminal::in_memory(90, 24);
    run.report_to(terminal.keep(keep));
    (run, progress, clock, screen)
}

#[test]
fn a_plain_loop_has_a_bar_a_count_a_speed_a_time_left_and_a_message() {
    let (_run, mut progress, clock, screen) = on_screen("Copy", Keep::default());
    progress.set_unit(Unit::Bytes);
    progress.set_length(84_000_000);
    for _ in 0..20 {
        progress.inc(680_000);
        clock.advance(SECOND);
    }
    let wanted =
        "Copy  ━━━━╸─────────────────────────  16%  13.6 MB/84.0 MB  680 kB/s  20s  ~1m50s left";
    assert_eq!(screen.text(), wanted);
    progress.set_message("ubuntu.iso");
    clock.advance(SECOND);
    assert!(screen.text().ends_with("ubuntu.iso"), "{}", screen.text());
    progress.inc(84_000_000 - 20 * 680_000);
    progress.finish();
    assert_eq!(screen.text(), "✓ Copy  84.0 MB · completed in 21s");
}

#[test]
fn what_has_no_known_number_has_a_spinner() {
    let (_run, mut progress, clock, screen) = on_screen("Walk", Keep::default());
    for _ in 0..3 {
        progress.inc(5);
        clock.advance(SECOND);
    }
    let text = screen.text();
    assert!(text.ends_with(" Walk  15  5.0/s  2s"), "{text}");
    progress.finish_with("15 files");
    assert_eq!(screen.text(), "✓ Walk  15 files · completed in 2s");
}

workflow!(
    async fn nested(fails: bool, progress: Progress) -> Result<(), Interrupted> {
        #[step(1, "Outer")]
        {
            #[step(1, "Inner")]
            progress.finish_with("2 pages");
        }
        #[step(1, "Ending")]
        end(fails, progress).await?;
        Ok(())
    }
);

async fn end(fails: bool, progress: Progress) -> Result<(), Interrupted> {
    progress.finish();
    if fails { Err(Interrupted::TimedOut) } else { Ok(()) }
}

#[test]
fn what_stays_is_what_was_asked_for() {
    let kept = |keep, fails| {
        let (run, progress, _, screen) = on_screen("Nested", keep);
        assert_eq!(block_on(nested(fails, progress)).is_err(), fails);
        assert!(run.status().is_terminal());
        screen.text()
    };
    assert_eq!(kept(Keep::Nothing, false), "");
    assert_eq!(kept(Keep::Nothing, true), "");
    assert_eq!(kept(Keep::Line, false), "✓ Nested  completed in 0ms");
    assert!(kept(Keep::Line, true).starts_with("✗ Nested  failed at "), "the error stays");
    let rows = |text: String| {
        let rows =
            text.lines().map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(rows(kept(Keep::Steps, false)), ["✓ Nested", "✓ Outer", "✓ Ending"]);
    let all = kept(Keep::All, false);
    assert!(all.contains("completed · 2 pages"), "{all}");
    assert_eq!(all.lines().count(), 4, "{all}");
    assert_eq!(rows(kept(Keep::All, true)).len(), 4);
}

#[test]
fn another_writer_gets_lines_or_bars() {
    let page = Page::default();
    let (run, progress, ..) = observed("Plain");
    run.report_to(Terminal::to(page.clone()).mode(TerminalMode::Plain));
    progress.finish();
    assert_eq!(page.lines().last().unwrap(), "[00:00] 100.00% Plain · completed in 0ms");

    let mut emulator = vt100::Parser::new(10, 60, 0);
    let page = Page::default();
    let (run, progress) = Run::start("Bars");
    run.report_to(Terminal::to(page.clone()).mode(TerminalMode::Tty).size(60, 10));
    progress.finish_with("drawn");
    assert_eq!(run.status(), RunStatus::Completed);
    emulator.write_all(page.text().as_bytes()).unwrap();
    let screen = emulator.screen().contents();
    assert!(screen.contains("Bars  drawn") && screen.contains("completed in"), "{screen}");
}

#[test]
fn a_number_past_the_end_is_drawn_as_the_end() {
    let (run, mut progress) = Run::start("Elsewhere");
    progress.set_length(2);
    progress.inc(1);
    // As another process may have written it.
    let mut snapshot = Snapshot::clone(&run.snapshot());
    (snapshot.progress, snapshot.status) = (u16::MAX, RunStatus::Running);
    let snapshot = Arc::new(snapshot);
    let (mut terminal, screen) = Terminal::in_memory(60, 10);
    let update = || Arc::clone(&snapshot);
    terminal.report(&Update::new(UpdateKind::Progress, &update)).unwrap();
    assert!(screen.text().contains(&"━".repeat(20)), "{}", screen.text());
}
