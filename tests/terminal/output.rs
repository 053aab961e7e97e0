//! Printed lines, log records and output that bypasses the display stay readable beside the bars.

use crate::stage::{Stage, WIDE};

#[test]
fn printed_lines_appear_above_the_bars() {
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
    stage.order("message seen");
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
fn log_records_appear_above_the_bars_in_colour_and_unbroken() {
    // For tracing-subscriber, each record is emitted twice: to `tracing` and to `log`.
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
            let turns: Vec<_> = lines
                .windows(2)
                .filter(|pair| is_record(&pair[0]) && pair[1].trim() == "in two lines")
                .filter_map(|pair| pair[0].split_once(&format!("{name} logs ")))
                .map(|(_, turn)| turn.parse::<usize>().unwrap())
                .collect();
            let all: Vec<_> = (0..10).flat_map(|turn| vec![turn; times]).collect();
            assert_eq!(turns, all, "{text}");
        }
        assert_eq!(lines.len(), (2 + 4 * 10 * 2) * times, "{text}");

        let row = screen.lines().position(|line| line.ends_with("the last record")).unwrap();
        let column = screen.lines().nth(row).unwrap().find("INFO").unwrap();
        let green = stage.cell(row as u16, column as u16).fgcolor();
        assert_eq!(green, vt100::Color::Idx(2), "{logger}");
    }
}

#[test]
fn output_that_bypasses_the_display_moves_the_bars() {
    let mut stage = Stage::new(WIDE, &[("SCENE_WITHOUT_CTRL_C", "1")]);
    stage.order("length 100");
    stage.until(&["0/100"]);
    let mut printed = Vec::new();
    for turn in 1..=30 {
        // Printed by the job, by another thread, by a child process, and typed by the user.
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
fn a_burst_that_bypasses_the_display_loses_no_line() {
    let mut stage = Stage::new((80, 40), &[]);
    stage.order("length 10");
    stage.until(&["0/10"]);
    stage.order("burst 25 of a burst");
    stage.order("inc 1");
    let screen = stage.until(&["1/10", "24 of a burst"]);
    let lines: Vec<_> = screen.lines().collect();
    for (number, line) in lines[..25].iter().enumerate() {
        // Remains of a bar may follow on the line.
        assert!(line.starts_with(&format!("{number} of a burst")), "{screen}");
    }
    assert_eq!(lines[25..27], ["", ""], "{screen}");
    assert!(lines[27].starts_with("Scene  ━") && lines.len() == 30, "{screen}");
}

#[test]
fn pinned_bars_keep_all_printed_lines() {
    let mut stage = Stage::new((80, 10), &[("SCENE_PINNED", "1"), ("SCENE_WITHOUT_CTRL_C", "1")]);
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
