//! The final frame shows how a run has ended.

use crate::pipe::stderr_of;
use crate::stage::{Stage, WIDE, assert_taskbar_was_cleared};

#[test]
fn a_quick_run_prints_its_result_and_nothing_else() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("done");
    stage.order("done");
    let (status, screen) = stage.end();
    assert_eq!(status, 0);
    assert!(
        screen.starts_with("✓ Scene  completed in ") && screen.lines().count() == 1,
        "{screen}"
    );
}

#[test]
fn the_final_frame_shows_a_failure() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("message working");
    stage.until(&["working"]);
    stage.order("fail no route to host");
    let (status, screen) = stage.end();
    assert_eq!(status, 1);
    assert!(screen.starts_with("✗ Scene  failed at 0% after "), "{screen}");
    assert!(screen.contains("\n ✗ Fetch    failed: no route to host"), "{screen}");
    assert!(screen.ends_with("\nerror: no route to host"), "{screen}");
}

#[test]
fn the_final_frame_names_the_errors_that_a_run_has_survived() {
    let orders = "error clip 7 is no video\nerror clip 9 is empty\ndone\ndone\n";
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("message working");
    stage.until(&["working"]);
    orders.lines().take(2).for_each(|order| stage.order(order));
    stage.until(&["working · 2 errors"]);
    orders.lines().skip(2).for_each(|order| stage.order(order));
    let (status, screen) = stage.end();
    assert_eq!(status, 1);
    let lines: Vec<_> = screen.lines().collect();
    assert!(lines[0].starts_with("⚠ Scene  completed with errors in "), "{screen}");
    assert!(lines[0].ends_with(", 2 errors"), "{screen}");
    assert!(lines[1].starts_with(" ⚠ Fetch      completed with errors · 2 errors"), "{screen}");
    assert_eq!(lines[2..4], ["   ├ ✗ error  clip 7 is no video", "   └ ✗ error  clip 9 is empty"]);

    let brief = stderr_of(&[("PROGRESS", "tty")], orders);
    assert!(brief.contains("\n ✗ Fetch  error: clip 7 is no video\r\n"), "{brief}");
    let plain = stderr_of(&[("PROGRESS", "plain")], orders);
    let errors: Vec<_> = plain.lines().filter_map(|line| line.split_once("error: ")).collect();
    assert_eq!(errors.len(), 2, "{plain}");
    assert!(errors[0].0.ends_with("% 1/2 Fetch · "), "{plain}");
    assert_eq!(errors[0].1, "clip 7 is no video", "{plain}");
}

#[test]
fn a_panic_is_printed_above_the_bars_and_is_a_failure_at_the_end() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("message working");
    stage.until(&["working"]);
    stage.order("panic out of cheese");
    let (status, screen) = stage.end();
    assert_eq!(status, 101);
    let message = screen.find("\nout of cheese\n").expect(&screen);
    let result = screen.find("✗ Scene  failed at 0% after").expect(&screen);
    assert!(message < result, "{screen}");
    assert_eq!(screen.matches("Publish").count(), 1, "{screen}");
    assert_taskbar_was_cleared(&stage);
}

#[test]
fn an_early_return_ends_the_display() {
    let mut stage = Stage::new(WIDE, &[("SCENE_LEAVES", "1")]);
    stage.until(&["Scene", "pending"]);
    stage.order("go");
    let (status, screen) = stage.end();
    assert_eq!(status, 3);
    assert!(screen.starts_with("⊘ Scene  cancelled"), "{screen}");
}
