//! Lines of the log above the bars of a terminal: the time and the bytes that they take.
//!
//! The program runs itself with bars on a pipe, because it has one standard error only.

use std::env;
use std::io::Write;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use progress_runtime::reporter::TerminalMode;
use progress_runtime::{Run, Terminal};

/// The environment variable that makes the program log. Its value is the number of lines.
const LOG: &str = "BENCHES_LOG";

/// How long the program waits for its first frame, which comes after 300 ms.
const UNTIL_SHOWN: Duration = Duration::from_millis(500);

/// What lines take.
pub struct Logged {
    pub time: Duration,
    pub bytes: u64,
}

/// Logs so many lines, from the first one to the end of the run.
pub fn log(lines: u64) -> Logged {
    let program = env::current_exe().expect("the program knows its path");
    let output = Command::new(program).env(LOG, lines.to_string()).output();
    let output = output.expect("the program can run itself");
    let nanos = String::from_utf8_lossy(&output.stdout).trim().parse();
    let shown = String::from_utf8_lossy(&output.stderr).matches(" of the log").count();
    assert_eq!(shown as u64, lines, "each line is shown");
    Logged {
        time: Duration::from_nanos(nanos.expect("the program prints its time")),
        bytes: output.stderr.len() as u64,
    }
}

/// Logs if the environment requests it. Returns whether it did.
pub fn log_if_requested() -> bool {
    let lines = env::var(LOG).ok().and_then(|lines| lines.parse().ok());
    lines.map(log_above_bars).is_some()
}

fn log_above_bars(lines: u64) {
    let (run, mut progress) = Run::start("Job");
    run.report_to(Terminal::stderr().mode(TerminalMode::Tty));
    progress.set_length(20);
    let mut shares: Vec<_> = (0..12).map(|_| progress.split(1)).collect();
    for share in &mut shares {
        share.set_length(10);
        share.inc(3);
        share.set_message("at work");
    }
    thread::sleep(UNTIL_SHOWN);
    let start = Instant::now();
    let mut log = Terminal::writer();
    for line in 0..lines {
        writeln!(log, "2026-01-01T00:00:00Z  INFO crate::module: line {line} of the log")
            .expect("the pipe is read");
    }
    drop(shares);
    progress.finish();
    println!("{}", start.elapsed().as_nanos());
}
