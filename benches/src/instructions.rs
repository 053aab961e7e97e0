//! Instructions a call, counted by callgrind: the same on each run, however busy the machine is.
//!
//! The program runs itself under valgrind, once with more calls than the other time; the difference is what the
//! calls take.

use std::env;
use std::process::Command;

use crate::measure::Figure;
use crate::plan::{Planned, Role, Section, Source, Unit};
use crate::{asynchronous, read, tree, update};

/// What the program finds in its environment where it is to repeat one operation and measure nothing.
const REPEAT: &str = "BENCHES_REPEAT";

/// What is counted: whatever runs on one thread and takes no time of its own to set up.
fn counted() -> Vec<Section> {
    [update::sections(), tree::sections(), read::sections(), asynchronous::sections()]
        .into_iter()
        .flatten()
        .filter(|section| section.unit == Unit::Nanoseconds)
        .collect()
}

pub fn sections() -> Vec<Section> {
    counted().into_iter().enumerate().map(|(index, section)| counting(index, section)).collect()
}

fn counting(section: usize, planned: Section) -> Section {
    let mut counting = Section::new(planned.name, Unit::Instructions);
    for (row, Planned { name, role, .. }) in planned.rows.into_iter().enumerate() {
        if role != Role::Peer {
            counting = counting.known(role, name, &[], move || Figure::exact(a_call(section, row)));
        }
    }
    counting
}

/// The instructions that one call takes.
fn a_call(section: usize, row: usize) -> f64 {
    let of = |calls| instructions(&format!("{section} {row} {calls}"));
    let more = |calls: u64| (of(2 * calls) - of(calls)) / calls as f64;
    // What differs between two runs by itself is lost in the many calls of a short operation.
    match more(20) {
        long if long > 100e3 => long,
        _ => more(20_000),
    }
}

fn instructions(repeat: &str) -> f64 {
    let program = env::current_exe().expect("the program knows where it is");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env(REPEAT, repeat)
        .output();
    let run = run.unwrap_or_else(|error| panic!("valgrind cannot be run: {error}"));
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, count)| count.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind has not counted:\n{said}"))
}

/// Repeats one operation, if that is what the program was started for.
pub fn was_asked_to_repeat() -> bool {
    let Ok(asked) = env::var(REPEAT) else { return false };
    let numbers: Vec<usize> = asked.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [section, row, calls] = numbers[..] else { panic!("{REPEAT} is `SECTION ROW CALLS`") };
    let mut rows = counted().swap_remove(section).rows;
    if let Source::Timed(make) = rows.swap_remove(row).source {
        make()(calls as u64);
    }
    true
}
