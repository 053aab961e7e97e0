//! Ctrl-C and SIGTERM cancel a run, and no signal leaves the terminal in disorder.

use crate::stage::{Stage, WIDE, assert_taskbar_was_cleared};

/// Presses Ctrl-C while work runs that does not stop, and then again. Returns the last screen.
fn leave_at_once(stage: &mut Stage) -> String {
    stage.order("stubborn");
    stage.until(&["ctrl-c to cancel"]);
    stage.press(b"\x03");
    stage.until(&["ctrl-c to leave at once"]);
    stage.press(b"\x03");
    let (status, screen) = stage.end();
    assert_eq!(status, 130);
    screen
}

#[test]
fn the_first_ctrl_c_cancels_and_shows_which_step_is_waited_for() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("length 10");
    stage.order("inc 4");
    stage.order("stubborn");
    stage.until(&["4/10", "ctrl-c to cancel"]);
    stage.press(b"\x03");
    stage.until(&["cancelling, waiting for Fetch 4/10…", "ctrl-c to leave at once"]);
    stage.order("stop");
    let (status, screen) = stage.end();
    assert_eq!(status, 130);
    assert!(screen.contains("⊘ Scene  cancelled at 30% after "), "{screen}");
    assert_taskbar_was_cleared(&stage);
}

#[test]
fn the_second_ctrl_c_exits_at_once() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    let screen = leave_at_once(&mut stage);
    assert!(screen.contains("Scene") && screen.contains("Fetch"), "{screen}");
    assert_taskbar_was_cleared(&stage);
}

#[test]
fn sigterm_cancels_too() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("hang");
    stage.until(&["ctrl-c to cancel"]);
    stage.signal("TERM");
    let (status, screen) = stage.end();
    assert_eq!(status, 130);
    assert!(screen.contains("⊘ Scene  cancelled"), "{screen}");
    assert_taskbar_was_cleared(&stage);
}

#[test]
fn a_killed_program_leaves_the_terminal_in_its_normal_state() {
    let mut stage = Stage::new(WIDE, &[("SCENE_WITHOUT_CTRL_C", "1")]);
    stage.order("message working");
    let screen = stage.until(&["working"]);
    assert!(!screen.contains("ctrl-c"), "{screen}");
    stage.signal("KILL");
    let (status, screen) = stage.end();
    assert_eq!(status, 128 + 9);
    // The shell prints this at the place where the program would have printed.
    assert!(screen.starts_with("Killed\n\nScene  ") && screen.contains("working"), "{screen}");
    let text = String::from_utf8_lossy(&stage.bytes);
    assert_eq!(text.matches("\x1b[?7l").count(), text.matches("\x1b[?7h").count());
    assert!(!text.contains("\x1b[?25l") && !text.contains("\x1b[1;"), "{text:?}");
}

#[test]
fn pinned_bars_restore_the_screen_at_a_forced_exit() {
    let mut stage = Stage::new((80, 10), &[("SCENE_PINNED", "1")]);
    let screen = leave_at_once(&mut stage);
    assert_eq!(screen.matches("Publish").count(), 1, "{screen}");
    let text = String::from_utf8_lossy(&stage.bytes).into_owned();
    let whole = text.rfind("\x1b[r").unwrap();
    assert!(!text[whole..].contains("\x1b[1;"), "{text:?}");
}
