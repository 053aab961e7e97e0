//! The frame: its layout, its size, its characters and its progress in the taskbar.

use crate::stage::{Stage, WIDE, assert_taskbar_was_cleared, has_styles};

#[test]
fn a_run_is_drawn_and_its_final_frame_stays() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("length 10");
    stage.order("inc 4");
    let screen = stage.until(&["4/10", "30%"]);
    assert!(screen.starts_with("\n\nScene  ━━━━"), "{screen}");
    assert!(screen.contains(" ◐ Fetch    4/10") && screen.contains(" ○ Publish  pending"));
    assert!(screen.ends_with("ctrl-c to cancel"), "{screen}");

    stage.order("done");
    stage.until(&["✓ Fetch", "75%"]);
    stage.order("message last words");
    stage.until(&["last words"]);
    stage.order("done");
    let (status, screen) = stage.end();
    assert_eq!(status, 0);
    let lines: Vec<_> = screen.lines().collect();
    assert!(lines[0].starts_with("✓ Scene  completed in "), "{screen}");
    assert!(lines[1].starts_with(" ✓ Fetch    completed · 4 done"), "{screen}");
    assert!(lines[2].starts_with(" ✓ Publish  completed"), "{screen}");
    assert_eq!(lines.len(), 3, "{screen}");
}

#[test]
fn the_time_advances_while_the_job_blocks_the_executor() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.until(&["step 1/2  0s"]);
    // The scene blocks in a read on the only thread of its runtime.
    stage.until(&["step 1/2  1s"]);
}

#[test]
fn a_resize_leaves_no_remains_of_old_frames() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("length 10");
    stage.order("inc 1");
    stage.until(&["1/10"]);
    for (width, height, inc) in [(40, 24, 2), (100, 12, 3), (20, 24, 4), (80, 8, 5)] {
        stage.resize(width, height);
        stage.order("inc 1");
        let percent = format!("{}%", inc * 75 / 10);
        let screen = stage.until(&[&percent]);
        assert_eq!(screen.matches("Fetch").count(), 1, "{screen}");
        assert_eq!(screen.trim_start().lines().count(), 3, "{screen}");
        assert!(screen.trim_start().starts_with("Scene"), "{screen}");
    }
}

#[test]
fn a_terminal_of_twenty_columns_is_enough() {
    let mut stage = Stage::new((20, 10), &[]);
    stage.order("length 10");
    stage.order("inc 4");
    let screen = stage.until(&["30%"]);
    assert_eq!(screen, "\nScene  30%  1/2\n◐ Fetch         40%\n○ Publish  pending");
    stage.order("fail no space left on the device");
    let (status, screen) = stage.end();
    assert_eq!(status, 1);
    assert!(screen.starts_with("✗ Scene  failed at…\n"), "{screen}");
}

#[test]
fn without_unicode_there_is_ascii_and_without_colour_there_is_a_bar() {
    let mut stage = Stage::new(WIDE, &[("LC_ALL", "C"), ("NO_COLOR", "1")]);
    stage.order("length 10");
    stage.order("inc 4");
    stage.order("message Größe…");
    let screen = stage.until(&["4/10 - Gr??e...", "======"]);
    assert!(screen.is_ascii(), "{screen}");
    stage.order("done");
    stage.order("done");
    stage.end();
    assert!(!has_styles(&String::from_utf8_lossy(&stage.bytes)));
}

#[test]
fn two_runs_share_one_display() {
    let mut stage = Stage::new(WIDE, &[("SCENE_TWO", "1")]);
    let screen = stage.until(&["Scene", "Fetch", "Other"]);
    assert_eq!(screen.trim_start().lines().count(), 4, "{screen}");
    stage.order("done");
    stage.order("done");
    let screen = stage.until(&["✓ Scene  completed", "Other"]);
    assert!(screen.find("✓ Scene") < screen.find("Other"), "{screen}");
    stage.order("go");
    let (status, screen) = stage.end();
    assert_eq!(status, 0);
    assert!(screen.lines().last().unwrap().starts_with("✓ Other  completed in "), "{screen}");
}

#[test]
fn the_taskbar_shows_the_percentage() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("length 10");
    stage.order("inc 4");
    stage.until(&["30%"]);
    stage.order("done");
    stage.order("done");
    stage.end();
    assert!(String::from_utf8_lossy(&stage.bytes).contains("\x1b]9;4;1;30\x1b\\"));
    assert_taskbar_was_cleared(&stage);
}
