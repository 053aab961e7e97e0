//! A run in a terminal, in a pipe and in CI: a real program in a pseudo-terminal, looked at with an emulator.

#![cfg(unix)]

#[path = "terminal/stage.rs"]
mod stage;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

use stage::Stage;

const WIDE: (u16, u16) = (80, 24);

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
    stage.order("say last words");
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
fn time_goes_on_while_the_job_blocks_the_executor() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.until(&["step 1/2  0s"]);
    // The scene hangs in a read, on the only thread that its runtime has.
    stage.until(&["step 1/2  1s"]);
}

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
fn what_is_printed_stands_above_the_bars() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("length 4");
    stage.until(&["0/4"]);
    for turn in 1..=4 {
        stage.order(&format!("print printed {turn}"));
        stage.order(&format!("log logged {turn}"));
        stage.order("inc 1");
        stage.until(&[&format!("{turn}/4")]);
    }
    stage.order("parts one two three");
    stage.order("say seen");
    let screen = stage.until(&["seen", "three"]);
    let lines: Vec<_> = screen.lines().collect();
    let printed = [
        "printed 1",
        "logged 1",
        "printed 2",
        "logged 2",
        "printed 3",
        "logged 3",
        "printed 4",
        "logged 4",
        "one two three",
    ];
    assert_eq!(lines[..9], printed);
    assert!(lines[9..11] == ["", ""] && lines[11].starts_with("Scene  ━"), "{screen}");
    assert_eq!(lines.len(), 14, "{screen}");
}

#[test]
fn a_prompt_holds_up_no_job() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("prompt");
    let screen = stage.until(&["continue?"]);
    assert_eq!(screen, "continue?");
    stage.order("inc 4");
    stage.order("log a line of the log");
    stage.order("done");
    stage.order("say still asking");
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
    let mut stage = Stage::new(WIDE, &[("SCENE_TWO", "1")]);
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
    let mut stage = Stage::new(WIDE, &[]);
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
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("finish-suspended");
    stage.until(&["✓ Fetch", "◐ Publish"]);
    stage.order("finish-suspended");
    assert_eq!(stage.end().0, 0);
}

#[test]
fn the_log_stands_above_the_bars_in_colour_and_unbroken() {
    // Each record is made twice: tracing-subscriber gets those of `log` too, env_logger gets them alone.
    for (logger, times) in [("tracing", 2), ("env_logger", 1)] {
        let mut stage = Stage::new((80, 24), &[("SCENE_LOG", logger)]);
        stage.order("length 10");
        stage.until(&["0/10"]);
        stage.order("info the first record");
        stage.order("threads");
        stage.order("info the last record");
        stage.order("inc 1");
        let screen = stage.until(&["the last record", "1/10"]);
        let bars = screen.find("\n\n\nScene  ━").expect(&screen);
        assert_eq!(screen[bars + 3..].lines().count(), 3, "{screen}");

        let text = stage.scrollback();
        let lines: Vec<_> = text[..text.find("\n\n\nScene  ━").unwrap()].lines().collect();
        let is_record = |line: &&str| line.contains("INFO");
        assert!(is_record(&lines[0]) && lines[0].ends_with("the first record"), "{text}");
        assert!(lines.last().unwrap().ends_with("the last record"), "{text}");
        for name in 0..4 {
            let told: Vec<_> = lines
                .windows(2)
                .filter(|pair| is_record(&pair[0]) && pair[1].trim() == "in two lines")
                .filter_map(|pair| pair[0].split_once(&format!("{name} tells ")))
                .map(|(_, turn)| turn.parse::<usize>().unwrap())
                .collect();
            let all: Vec<_> = (0..10).flat_map(|turn| vec![turn; times]).collect();
            assert_eq!(told, all, "{text}");
        }
        assert_eq!(lines.len(), (2 + 4 * 10 * 2) * times, "{text}");

        let row = screen.lines().position(|line| line.ends_with("the last record")).unwrap();
        let column = screen.lines().nth(row).unwrap().find("INFO").unwrap();
        let green = stage.cell(row as u16, column as u16).fgcolor();
        assert_eq!(green, vt100::Color::Idx(2), "{logger}");
    }
}

#[test]
fn what_is_printed_past_the_bars_moves_them() {
    let mut stage = Stage::new(WIDE, &[("SCENE_DEAF", "1")]);
    stage.order("length 100");
    stage.until(&["0/100"]);
    let mut printed = Vec::new();
    for turn in 1..=30 {
        // By the job, by another thread, by a child process, and by who presses Enter.
        match turn % 4 {
            0 => stage.order(&format!("raw line {turn}")),
            1 => stage.order(&format!("thread line {turn}")),
            2 => stage.order(&format!("child line {turn}")),
            _ => stage.press(b"\n"),
        }
        printed.push(if turn % 4 == 3 { String::new() } else { format!("line {turn}") });
        stage.order("inc 1");
        stage.until(&[&format!("{turn}/100")]);
    }
    let half = "half of a line, ";
    stage.order(&format!("raw-part {half}"));
    stage.order("inc 1");
    stage.until(&["31/100", half.trim_end()]);
    stage.order("raw and the other");
    stage.order("inc 1");
    stage.until(&["32/100"]);
    let wide = ["wider than the terminal"; 5].join(", ");
    stage.order(&format!("raw {wide}"));
    stage.order("inc 1");
    let screen = stage.until(&["33/100"]);
    printed.extend([format!("{half}and the other"), wide]);
    let lines: Vec<_> = screen.lines().collect();
    let bars = lines.iter().position(|line| line.starts_with("Scene  ━")).unwrap();
    assert_eq!(lines[bars - 2..bars], ["", ""], "{screen}");
    let above = &lines[..bars - 2];
    assert_eq!(above, &printed[printed.len() - above.len()..], "{screen}");
    assert_eq!(lines.len() - bars, 3, "{screen}");
}

#[test]
fn of_a_burst_past_the_bars_no_line_is_lost() {
    let mut stage = Stage::new((80, 40), &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("burst 25 of a burst");
    stage.order("inc 1");
    let screen = stage.until(&["1/10", "24 of a burst"]);
    let lines: Vec<_> = screen.lines().collect();
    for (number, line) in lines[..25].iter().enumerate() {
        // The rest of a bar may stand behind it.
        assert!(line.starts_with(&format!("{number} of a burst")), "{screen}");
    }
    assert_eq!(lines[25..27], ["", ""], "{screen}");
    assert!(lines[27].starts_with("Scene  ━") && lines.len() == 30, "{screen}");
}

#[test]
fn pinned_bars_let_everything_through() {
    let mut stage = Stage::new((80, 10), &[("SCENE_PINNED", "1"), ("SCENE_DEAF", "1")]);
    stage.order("length 4");
    stage.until(&["0/4"]);
    for turn in 1..=4 {
        stage.order(&format!("raw this is {turn}"));
        stage.order(&format!("print that is {turn}"));
        stage.order("inc 1");
        stage.until(&[&format!("{turn}/4")]);
    }
    let screen = stage.until(&["that is 4"]);
    let lines: Vec<_> = screen.lines().collect();
    let printed = ["that is 2", "this is 3", "that is 3", "this is 4", "that is 4", ""];
    assert_eq!(lines[1..7], printed, "{screen}");
    assert!(lines[7].starts_with("Scene  ━") && lines.len() == 10, "{screen}");
    stage.order("done");
    stage.order("done");
    let (status, screen) = stage.end();
    assert_eq!(status, 0);
    let lines: Vec<_> = screen.lines().collect();
    let place = lines.iter().position(|line| *line == "that is 4").unwrap();
    assert!(lines[place + 1].starts_with("✓ Scene  completed"), "{screen}");
    assert_eq!(lines.len(), place + 4, "{screen}");
}

#[test]
fn pinned_bars_give_the_screen_back_when_it_is_left() {
    let mut stage = Stage::new((80, 10), &[("SCENE_PINNED", "1")]);
    stage.order("stubborn");
    stage.until(&["ctrl-c to cancel"]);
    stage.press(b"\x03");
    stage.until(&["ctrl-c to leave at once"]);
    stage.press(b"\x03");
    let (status, screen) = stage.end();
    assert_eq!(status, 130);
    assert_eq!(screen.matches("Publish").count(), 1, "{screen}");
    let text = String::from_utf8_lossy(&stage.bytes).into_owned();
    let whole = text.rfind("\x1b[r").unwrap();
    assert!(!text[whole..].contains("\x1b[1;"), "{text:?}");
}

#[test]
fn a_resize_in_the_middle_leaves_no_debris() {
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
    stage.order("say Größe…");
    let screen = stage.until(&["4/10 - Gr??e...", "======"]);
    assert!(screen.is_ascii(), "{screen}");
    stage.order("done");
    stage.order("done");
    stage.end();
    assert!(!has_styles(&String::from_utf8_lossy(&stage.bytes)));
}

#[test]
fn a_failure_is_still_there_at_the_end() {
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("say working");
    stage.until(&["working"]);
    stage.order("fail no route to host");
    let (status, screen) = stage.end();
    assert_eq!(status, 1);
    assert!(screen.starts_with("✗ Scene  failed at 0% after "), "{screen}");
    assert!(screen.contains("\n ✗ Fetch    failed: no route to host"), "{screen}");
    assert!(screen.ends_with("\nerror: no route to host"), "{screen}");
}

#[test]
fn what_a_run_has_survived_is_named_at_the_end() {
    let orders = "error clip 7 is no video\nerror clip 9 is empty\ndone\ndone\n";
    let mut stage = Stage::new(WIDE, &[]);
    stage.order("say working");
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

    let brief = said(&[("PROGRESS", "tty")], orders);
    assert!(brief.contains("\n ✗ Fetch  error: clip 7 is no video\r\n"), "{brief}");
    let plain = said(&[("PROGRESS", "plain")], orders);
    let told: Vec<_> = plain.lines().filter_map(|line| line.split_once("error: ")).collect();
    assert_eq!(told.len(), 2, "{plain}");
    assert!(told[0].0.ends_with("% 1/2 Fetch · ") && told[0].1 == "clip 7 is no video", "{plain}");
}

#[test]
fn the_first_ctrl_c_cancels_and_shows_what_is_waited_for() {
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
fn the_second_ctrl_c_leaves_at_once() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("stubborn");
    stage.until(&["ctrl-c to cancel"]);
    stage.press(b"\x03");
    stage.until(&["ctrl-c to leave at once"]);
    stage.press(b"\x03");
    let (status, screen) = stage.end();
    assert_eq!(status, 130);
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
fn a_program_that_is_killed_leaves_nothing_to_be_undone() {
    let mut stage = Stage::new(WIDE, &[("SCENE_DEAF", "1")]);
    stage.order("say working");
    let screen = stage.until(&["working"]);
    assert!(!screen.contains("ctrl-c"), "{screen}");
    stage.signal("KILL");
    let (status, screen) = stage.end();
    assert_eq!(status, 128 + 9);
    // The shell says so where the program would have printed.
    assert!(screen.starts_with("Killed\n\nScene  ") && screen.contains("working"), "{screen}");
    let text = String::from_utf8_lossy(&stage.bytes);
    assert_eq!(text.matches("\x1b[?7l").count(), text.matches("\x1b[?7h").count());
    assert!(!text.contains("\x1b[?25l") && !text.contains("\x1b[1;"), "{text:?}");
}

#[test]
fn a_panic_is_printed_above_and_told_at_the_end() {
    let mut stage = Stage::new(WIDE, &[("WT_SESSION", "1")]);
    stage.order("say working");
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
fn the_taskbar_shows_how_far_it_is() {
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

/// Whether a text selects any graphic rendition: `ESC [ … m`.
fn has_styles(text: &str) -> bool {
    text.split("\x1b[").skip(1).any(|rest| {
        rest.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';').starts_with('m')
    })
}

#[track_caller]
fn assert_taskbar_was_cleared(stage: &Stage) {
    let text = String::from_utf8_lossy(&stage.bytes);
    let last = text.rfind("\x1b]9;4;").map(|start| &text[start..]);
    assert!(last.is_some_and(|last| last.starts_with("\x1b]9;4;0;")), "{last:?}");
}

/// A scene outside of any terminal, and the socket for its orders.
fn piped_scene(variables: &[(&str, &str)], stderr: Stdio) -> (Child, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_scene"))
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("SCENE_ORDERS", listener.local_addr().unwrap().to_string())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .unwrap();
    (child, listener.accept().unwrap().0)
}

/// A scene that gets these orders at once.
fn piped(variables: &[(&str, &str)], stderr: Stdio, orders: &str) -> Output {
    let (child, mut socket) = piped_scene(variables, stderr);
    socket.write_all(orders.as_bytes()).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    child.wait_with_output().unwrap()
}

/// What the scene writes to the standard error, and to nowhere else.
fn said(variables: &[(&str, &str)], orders: &str) -> String {
    let output = piped(variables, Stdio::piped(), orders);
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn in_a_pipe_there_are_lines() {
    for variables in [&[][..], &[("TERM", "xterm"), ("CI", "true")], &[("PROGRESS", "plain")]] {
        let said = said(variables, "done\ndone\n");
        assert!(said.starts_with("[00:00]   0.00% 0/2 Scene · started\n"), "{said}");
        assert!(said.contains("% 2/2 Publish · completed in "), "{said}");
        assert!(!said.contains('\x1b'), "{said}");
    }
}

#[test]
fn the_environment_chooses_json_or_nothing() {
    assert_eq!(said(&[("PROGRESS", "quiet")], "done\ndone\n"), "");
    let output = piped(&[("PROGRESS", "json")], Stdio::piped(), "log a line\ndone\ndone\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "a line\n");
    let json = String::from_utf8(output.stdout).unwrap();
    assert!(json.lines().all(|line| line.starts_with("{\"v\":1,")), "{json}");
    assert!(json.lines().last().unwrap().contains(r#""status":"completed","progress":10000"#));
}

#[test]
fn bars_can_be_had_in_a_pipe_and_colour_is_a_choice_of_its_own() {
    let plain = said(&[("PROGRESS", "tty")], "done\ndone\n");
    assert!(plain.contains("✓ Scene  completed in ") && !has_styles(&plain), "{plain}");
    let colour = said(&[("PROGRESS", "tty"), ("CLICOLOR_FORCE", "1")], "done\ndone\n");
    assert!(colour.contains("\x1b[32m✓"), "{colour:?}");
}

#[test]
fn github_actions_gets_groups_and_annotations() {
    let said = said(
        &[("GITHUB_ACTIONS", "true"), ("CI", "true")],
        "done\nfail 50% ##[debug] ::error::x\n",
    );
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[1], "::group::Fetch");
    assert_eq!(lines[4], "::endgroup::");
    assert_eq!(lines[5], "::group::Publish");
    assert_eq!(lines[8], "::endgroup::");
    assert_eq!(lines[9], "::error::Publish: 50%25 ## [debug] ::error::x");
    let scene = lines.iter().filter(|line| !line.starts_with("error: "));
    let commands = scene.clone().filter(|line| line.starts_with("::")).count();
    assert_eq!(commands, 5, "{said}");
    assert!(!scene.clone().any(|line| line.contains("##[")), "{said}");
}

#[test]
fn a_terminal_that_fails_harms_no_run() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = piped(&[("PROGRESS", "tty")], full.into(), "length 2\ninc 1\ndone\ndone\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_terminal_that_takes_no_more_holds_up_no_job() {
    let (mut child, mut socket) = piped_scene(&[("PROGRESS", "tty")], Stdio::piped());
    let mut bars = BufReader::new(child.stderr.take().unwrap());
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains("Scene") {
        bars.read_until(b'l', &mut shown).unwrap();
    }
    // From here on nobody reads, and a thread of the scene fills the pipe.
    socket.write_all(b"flood\nlength 10\ninc 4\ndone\nsay last words\ndone\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(bars);
}
