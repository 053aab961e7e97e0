//! Instructions per call, counted by callgrind. The counts do not depend on the load of the
//! machine.
//!
//! The program runs itself under valgrind twice, with different numbers of calls. The difference
//! between the two counts belongs to the calls alone.

use std::env;
use std::process::Command;

use crate::plan::{PlannedRow, Role, Section, Source, Unit};
use crate::{asynchronous, read, tree, update};

/// The environment variable that makes the program repeat one operation and exit. Its value is
/// `SECTION ROW CALLS`.
const REPEAT: &str = "BENCHES_REPEAT";

/// The timed sections that run on one thread and have a cheap setup.
fn candidates() -> Vec<Section> {
    [update::sections(), tree::sections(), read::sections(), asynchronous::sections()]
        .into_iter()
        .flatten()
        .filter(|section| section.unit == Unit::Nanoseconds)
        .collect()
}

pub fn sections() -> Vec<Section> {
    let sections = candidates().into_iter().enumerate();
    sections.map(|(index, section)| count_section(index, section)).collect()
}

fn count_section(section: usize, planned: Section) -> Section {
    let mut counted = Section::new(planned.name, Unit::Instructions);
    for (row, PlannedRow { name, role, .. }) in planned.rows.into_iter().enumerate() {
        if role != Role::Peer {
            counted = counted.exact(role, name, &[], move || per_call(section, row));
        }
    }
    counted
}

/// The instructions of one call.
fn per_call(section: usize, row: usize) -> f64 {
    let run = |calls| run_callgrind(&format!("{section} {row} {calls}"));
    let difference = |calls: u64| (run(2 * calls) - run(calls)) / calls as f64;
    // A short operation needs many calls, because two runs differ slightly by themselves.
    match difference(20) {
        long if long > 100e3 => long,
        _ => difference(20_000),
    }
}

fn run_callgrind(repeat: &str) -> f64 {
    let program = env::current_exe().expect("the program knows its path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .env(REPEAT, repeat)
        .output();
    let run = run.unwrap_or_else(|error| panic!("valgrind cannot be run: {error}"));
    let output = String::from_utf8_lossy(&run.stderr);
    let collected = output.lines().find_map(|line| line.split_once("Collected : "));
    let count = collected.and_then(|(_, count)| count.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind printed no count:\n{output}"))
}

/// Repeats one operation if the environment requests it. Returns whether it did.
pub fn repeat_if_requested() -> bool {
    let Ok(request) = env::var(REPEAT) else { return false };
    let numbers: Vec<usize> = request.split(' ').filter_map(|number| number.parse().ok()).collect();
    let [section, row, calls] = numbers[..] else { panic!("{REPEAT} is `SECTION ROW CALLS`") };
    let mut rows = candidates().swap_remove(section).rows;
    if let Source::Timed(make) = rows.swap_remove(row).source {
        make()(calls as u64);
    }
    true
}
