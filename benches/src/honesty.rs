//! Replays recorded runs through the runtime, and says how honest the number and the time left were.
//!
//! ```text
//! cargo run --release -p benches -- honesty DIR [--keep N] [--own linear] [--csv FILE]
//! ```
//!
//! The runs of a workflow are played in their order, each with the history of those before it. The
//! table goes to the standard error, and what was shown at each of 400 moments of each run to FILE,
//! or to the standard output if that is not a terminal.

mod peers;
mod replay;
mod score;
mod trace;

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use progress_runtime::history::{History, HistoryStore};

use peers::{Earlier, PEERS};
use replay::Seen;
use score::{Score, Summary};
use trace::Trace;

type Error = Box<dyn std::error::Error>;

struct Options {
    folder: PathBuf,
    /// How many earlier runs are used.
    keep: usize,
    /// Whether steps that report nothing report the part of their time that has gone by.
    linear: bool,
    csv: Option<PathBuf>,
}

/// Runs the benchmark with the arguments after its name.
pub fn run(parser: &mut lexopt::Parser) -> Result<(), Error> {
    let options = options(parser)?;
    let mut csv: Box<dyn Write> = match &options.csv {
        Some(file) => Box::new(BufWriter::new(File::create(file)?)),
        None if io::stdout().is_terminal() => Box::new(io::sink()),
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    writeln!(csv, "workflow,run,t_ms,shown_bp,eta_ms")?;
    let mut results = Vec::new();
    for trace in trace::read_all(&options.folder)? {
        results.push(replay(&trace, &options, &mut csv)?);
    }
    csv.flush()?;
    eprint!("{}", table(&results));
    Ok(())
}

fn options(parser: &mut lexopt::Parser) -> Result<Options, lexopt::Error> {
    use lexopt::prelude::*;
    let (mut folder, mut keep, mut linear, mut csv) = (None, 10, false, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("keep") => keep = parser.value()?.parse::<usize>()?.min(10),
            Long("own") => match parser.value()?.string()?.as_str() {
                "linear" => linear = true,
                "none" => linear = false,
                other => return Err(format!("`--own` is `none` or `linear`, not `{other}`").into()),
            },
            Long("csv") => csv = Some(parser.value()?.into()),
            Value(value) if folder.is_none() => folder = Some(value.into()),
            _ => return Err(argument.unexpected()),
        }
    }
    let folder = folder.ok_or("honesty needs the folder of the traces")?;
    Ok(Options { folder, keep, linear, csv })
}

/// The figures of a workflow: those of the runtime's number, of its plan by the weights, and of the
/// peers, in their order.
struct Workflow {
    name: String,
    rows: Vec<Summary>,
}

fn replay(trace: &Trace, options: &Options, csv: &mut dyn Write) -> Result<Workflow, Error> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let history = History::with_store(Kept { lines: Arc::clone(&lines), keep: options.keep });
    let mut earlier = Earlier::default();
    let scored_from = (trace.runs.len() / 3).clamp(2, 5);
    let mut scores: Vec<Vec<Score>> = vec![Vec::new(); 2 + PEERS.len()];
    for (number, run) in trace.runs.iter().enumerate() {
        let seen = replay::play(run, &history, options.linear);
        write_csv(csv, &trace.name, number, &seen)?;
        if number >= scored_from && run.completed {
            let total = run.total_ms;
            scores[0].push(Score::of(&seen, total, |seen| seen.shown));
            scores[1].push(Score::of(&seen, total, |seen| seen.done));
            for (scores, peer) in scores[2..].iter_mut().zip(&PEERS) {
                scores.push(Score::of(&peer.watch(run, &earlier), total, |seen| seen.shown));
            }
        }
        if run.completed {
            earlier.learn(run);
        }
    }
    let rows = scores.iter().map(|scores| Summary::of(scores)).collect();
    Ok(Workflow { name: trace.name.clone(), rows })
}

fn write_csv(csv: &mut dyn Write, name: &str, run: usize, seen: &[Seen]) -> io::Result<()> {
    for Seen { at_ms, shown, eta_ms, .. } in seen {
        let eta = eta_ms.map(|eta| eta.to_string()).unwrap_or_default();
        writeln!(csv, "{name},{run},{at_ms},{},{eta}", shown * 10_000.0)?;
    }
    Ok(())
}

/// The latest records of a workflow, as many as are to be used.
struct Kept {
    lines: Arc<Mutex<Vec<String>>>,
    keep: usize,
}

impl Kept {
    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HistoryStore for Kept {
    fn read(&self, _workflow: &str) -> io::Result<Vec<String>> {
        let lines = self.lines();
        let mut kept = lines[lines.len().saturating_sub(self.keep)..].to_vec();
        // What the oldest record says of its speed comes from runs that are not used.
        if self.keep < 10
            && let Some(oldest) = kept.first_mut()
        {
            let mut record: serde_json::Value = serde_json::from_str(oldest)?;
            if let Some(record) = record.as_object_mut() {
                record.remove("z");
            }
            *oldest = record.to_string();
        }
        Ok(kept)
    }

    fn append(&self, _workflow: &str, line: &str) -> io::Result<()> {
        self.lines().push(line.to_owned());
        Ok(())
    }
}

/// The figures of our number, and the mean error of the others beside it.
fn table(workflows: &[Workflow]) -> String {
    let peers = PEERS.iter().map(|peer| peer.name);
    let mut table = format!(
        "{:28} {:>4} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}   L1 by weights",
        "workflow", "runs", "L1", "p90", "stall", "jump", "end", "left¼", "left½", "left¾"
    );
    for name in peers {
        table += &format!(" · {name}");
    }
    table.push('\n');
    for Workflow { name, rows } in workflows {
        table += &line(name, rows);
    }
    let columns = workflows.first().map_or(0, |workflow| workflow.rows.len());
    let means: Vec<_> = (0..columns)
        .map(|column| {
            let column: Vec<_> = workflows.iter().map(|flow| flow.rows[column].clone()).collect();
            Summary::mean(&column)
        })
        .collect();
    table + &line("mean of workflows", &means)
}

fn line(name: &str, rows: &[Summary]) -> String {
    let Some((own, others)) = rows.split_first() else { return String::new() };
    let left = own.left.map(|left| left.map_or("-".to_owned(), |left| format!("{left:.1}")));
    let [quarter, half, three] = &left;
    let mut line = format!(
        "{name:28} {:4} {:6.2} {:6.2} {:6.2} {:6.2} {:6.2} {quarter:>6} {half:>6} {three:>6}  ",
        own.runs, own.l1, own.l1_p90, own.stall, own.jump, own.end
    );
    for other in others {
        line += &format!(" {:6.2}", other.l1);
    }
    line.push('\n');
    line
}
