//! Prompts, and other code that suspends the bars, hold up neither jobs nor other threads.

use crate::stage::Stage;

#[test]
fn a_prompt_holds_up_no_job() {
    let mut stage = Stage::new((80, 24), &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("prompt");
    let screen = stage.until(&["continue?"]);
    assert_eq!(screen, "continue?");
    stage.order("inc 4");
    stage.order("log a line of the log");
    stage.order("done");
    stage.order("message still asking");
    // The job has gone on to its second step.
    assert_eq!(stage.reply(), "here");
    stage.press(b"yes\n");
    let screen = stage.until(&["still asking", "a line of the log"]);
    assert!(screen.starts_with("continue? yes\na line of the log\n\n\nScene  ━"), "{screen}");
    stage.order("done");
    let (status, screen) = stage.end();
    assert_eq!(status, 0);
    assert!(screen.starts_with("continue? yes\na line of the log\n✓ Scene  completed"), "{screen}");
}

#[test]
fn a_prompt_does_not_hold_up_the_end_of_a_run() {
    let mut stage = Stage::new((80, 24), &[("SCENE_TWO", "1")]);
    stage.until(&["Scene", "Other"]);
    stage.order("prompt");
    stage.until(&["continue?"]);
    stage.order("done");
    stage.order("done");
    // Between the two runs, while the prompt waits.
    assert_eq!(stage.reply(), "ended");
    stage.press(b"yes\n");
    let screen = stage.until(&["✓ Scene  completed", "Other"]);
    assert!(screen.starts_with("continue? yes\n✓ Scene  completed"), "{screen}");
}

#[test]
fn code_that_has_suspended_the_bars_can_wait_for_threads_that_print() {
    let mut stage = Stage::new((80, 24), &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    for how in ["log", "print", "panic"] {
        stage.order(&format!("suspend {how}"));
    }
    stage.order("add 40 2");
    stage.order("inc 1");
    let screen = stage.until(&["1/10", "the sum is 42"]);
    let lines: Vec<_> = screen.lines().collect();
    let at = |text: &str| lines.iter().position(|line| *line == text).expect(&screen);
    assert_eq!(
        lines[..4],
        [
            "the thread ended well",
            "a line of the log",
            "the thread ended well",
            "a line of the job",
        ]
    );
    assert!(at("a panic") < at("the thread ended badly"), "{screen}");
    assert_eq!(lines[at("adding 40 2") + 1], "the sum is 42");
    assert!(lines[at("the sum is 42") + 3].starts_with("Scene  ━"), "{screen}");
}

#[test]
fn a_state_can_change_while_the_bars_are_suspended() {
    let mut stage = Stage::new((80, 24), &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("finish-suspended");
    stage.until(&["✓ Fetch", "◐ Publish"]);
    stage.order("finish-suspended");
    assert_eq!(stage.end().0, 0);
}
