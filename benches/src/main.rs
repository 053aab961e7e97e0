//! Compares `progress-runtime` with the limits of the machine and with other libraries, in one run.
//!
//! ```text
//! cargo run --release -p benches -- [BENCHMARK…] [--json FILE]
//! cargo run --release -p benches -- honesty DIR [--keep N] [--own linear] [--csv FILE]
//! ```
//!
//! The benchmarks are `update`, `threads`, `tree`, `read`, `memory`, `async`, `streams`, `scale`,
//! `journal`, `compile` and `instructions`; with `--features jobs`, which needs Rust 1.94, `jobs` as
//! well.

mod allocations;
mod asynchronous;
mod by_time;
mod compile;
mod generated;
mod honesty;
mod instructions;
mod items;
#[cfg(feature = "jobs")]
mod jobs;
mod journal;
mod kinds;
mod limits;
mod log_lines;
mod measure;
mod memory;
mod messages;
mod observed;
mod own;
mod parallel;
mod peers;
mod plan;
mod read;
mod scale;
mod streams;
mod table;
mod threads;
mod tree;
mod update;
mod workflow;

use std::path::PathBuf;
use std::process::ExitCode;

use plan::Section;
use table::{Table, TableSection};

const USAGE: &str = "\
usage: benches [update|threads|tree|read|memory|async|streams|scale|journal|compile|instructions]… [--json FILE]
       benches honesty DIR [--keep N] [--own linear] [--csv FILE]
Without a name, all benchmarks run except `instructions`, which needs valgrind, and `jobs`, which needs \
the feature `jobs`.";

/// A benchmark: its name on the command line, and its sections.
type Benchmark = (&'static str, fn() -> Vec<Section>);

const BENCHMARKS: &[Benchmark] = &[
    ("update", update::sections),
    ("threads", threads::sections),
    ("tree", tree::sections),
    ("read", read::sections),
    ("memory", memory::sections),
    ("async", asynchronous::sections),
    ("streams", streams::sections),
    ("scale", scale::sections),
    ("journal", journal::sections),
    ("compile", compile::sections),
    ("instructions", instructions::sections),
    #[cfg(feature = "jobs")]
    ("jobs", jobs::sections),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    if instructions::repeat_if_requested()
        || streams::serve_if_requested()
        || log_lines::log_if_requested()
    {
        return Ok(());
    }
    #[cfg(feature = "jobs")]
    if jobs::work_if_requested() {
        return Ok(());
    }
    let mut parser = lexopt::Parser::from_env();
    if std::env::args().nth(1).is_some_and(|name| name == "honesty") {
        parser.next()?;
        return honesty::run(&mut parser);
    }
    let (chosen, json) = arguments(&mut parser)?;
    let mut tables = Vec::new();
    for (name, sections) in chosen {
        let sections = sections().into_iter().map(TableSection::measure).collect();
        let table = Table { name, sections };
        println!("{table}");
        tables.push(table);
    }
    if let Some(path) = json {
        std::fs::write(&path, serde_json::to_string_pretty(&tables)?)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn arguments(
    parser: &mut lexopt::Parser,
) -> Result<(Vec<Benchmark>, Option<PathBuf>), lexopt::Error> {
    use lexopt::prelude::*;
    let (mut chosen, mut json) = (Vec::new(), None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => json = Some(parser.value()?.into()),
            Value(name) => {
                let name = name.string()?;
                let known = BENCHMARKS.iter().find(|(known, _)| *known == name);
                chosen.push(*known.ok_or_else(|| format!("there is no benchmark `{name}`"))?);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    if chosen.is_empty() {
        chosen
            .extend(BENCHMARKS.iter().filter(|(name, _)| !["instructions", "jobs"].contains(name)));
    }
    Ok((chosen, json))
}
