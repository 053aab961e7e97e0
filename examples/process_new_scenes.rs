//! Catalogues a folder: six weighted steps whose work can be cancelled, and one percentage for all.
//!
//! ```text
//! cargo run --release --example process_new_scenes -- \
//!     [--progress auto|tty|plain|json|quiet] [--catalogue FILE] [--weights] [--resume] [DIR]
//! ```
//!
//! The run is kept in `FILE.resume`, beside the catalogue. After a failure, a Ctrl-C or a kill,
//! `--resume` goes on with it: the steps and batches that were completed are not done again.
//!
//! With `--features jobs` and `--jobs URL`, the batches are analysed as jobs that outlive this
//! process: by this process on SQLite, and by any number of others (`--worker`) on Postgres. This
//! needs Rust 1.94.
//!
//! How long the steps took is kept in `FILE.history`, beside the catalogue. So from the second run
//! on, the percentage is the part of the time that has gone by.
//!
//! This file contains the workflow; the module [`catalogue`] contains the work of its steps.

pub mod catalogue;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use progress_runtime::reporter::TerminalMode;
use progress_runtime::{History, Journal, Progress, Report, Run, RunStatus, Terminal, workflow};

use self::catalogue::{Analysts, Catalogue, Summary};

workflow!(
    /// Brings the catalogue of a folder up to date.
    #[total(100)]
    #[durable]
    pub async fn process_new_scenes(
        catalogue: &Catalogue,
        analysts: &Analysts,
        progress: Progress,
    ) -> Result<Summary> {
        #[step(15, "Processing downloads")]
        let downloads = catalogue.process_downloads(progress).await?;

        #[step(15, "Scanning metadata ({} new items)", downloads.new_items)]
        #[skip("No new items to scan")]
        if downloads.new_items > 0 {
            catalogue.scan_metadata(progress).await?;
        }

        #[step(10, "Syncing the catalogue")]
        let changes = catalogue.sync(&downloads, progress).await?;

        let batches = catalogue.unanalysed(100)?; // plain Rust between steps

        #[step(35, "Analysing {} batches", batches.len())]
        #[concurrent(4)]
        #[key(batch.key())] // a batch that was analysed is not analysed again
        for batch in batches {
            #[step(4, "Analysis")]
            let findings = catalogue.analyse(batch, analysts, progress).await?;

            #[step(1, "Applying changes")]
            catalogue.apply(findings, progress).await?;
        }

        #[step(15, "Generating previews and index")]
        #[parallel]
        let (previews, indexed) = (
            #[step(1, "Previews")]
            catalogue.generate_previews(progress).await?,
            #[step(2, "Search index")]
            catalogue.build_index(progress).await?,
        );

        #[step(10, "Completing")]
        #[repeat] // what it returns is not kept: nothing comes after it
        let summary = catalogue.complete(changes, previews, indexed, progress).await?;

        Ok(summary)
    }
);

/// Catalogues a folder into a SQLite file: hashes, types, findings, previews and a search index.
///
/// Another run processes only files that are new or have changed. Ctrl-C cancels: the catalogue
/// stays consistent, and `--resume` goes on from there.
#[derive(Parser)]
#[command(after_help = "\
Exit status:
  0    completed, possibly with errors such as an unreadable file, which are listed on stderr
  1    failed
  2    invalid arguments, no such folder, or an unusable catalogue
  130  cancelled")]
struct Arguments {
    /// The folder to catalogue
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// The file of the catalogue [default: DIR/.catalogue.sqlite]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// How progress is shown: bars (tty) or lines of text (plain) on stderr, json on stdout,
    /// nothing (quiet), or as fits the terminal (auto)
    #[arg(long, value_name = "MODE", env = "PROGRESS", default_value_t)]
    progress: TerminalMode,

    /// Prints the weights that the earlier runs suggest, and ends
    #[arg(long)]
    weights: bool,

    /// Goes on with a run that has not completed
    #[arg(long)]
    resume: bool,

    /// Analyses as jobs of this database: sqlite:FILE, by this process and its workers, or
    /// postgres://…, by its workers alone
    #[cfg(feature = "jobs")]
    #[arg(long, value_name = "URL")]
    jobs: Option<String>,

    /// Only runs jobs of that database, until Ctrl-C
    #[cfg(feature = "jobs")]
    #[arg(long, requires = "jobs")]
    worker: bool,
}

impl Arguments {
    /// Those who analyse; `None` if this process was one of them, and has ended its work.
    async fn analysts(&self) -> Result<Option<Analysts>> {
        #[cfg(feature = "jobs")]
        if let Some(url) = &self.jobs {
            if self.worker {
                Analysts::work(url, async { drop(tokio::signal::ctrl_c().await) }).await?;
                return Ok(None);
            }
            return Analysts::connect(url).await.map(Some);
        }
        Ok(Some(Analysts::default()))
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.catalogue.as_deref();
    let history = match catalogue::history_file(&arguments.folder, file) {
        Ok(path) if arguments.weights => return print_weights(&path),
        Ok(path) => History::file(path),
        Err(error) => {
            eprintln!("error: {}: {error}", arguments.folder.display());
            return ExitCode::from(2);
        }
    };
    let analysts = match arguments.analysts().await {
        Ok(Some(analysts)) => analysts,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };
    let catalogue = match Catalogue::open(&arguments.folder, file) {
        Ok(catalogue) => catalogue,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };

    let journal = Journal::file(catalogue.journal_file());
    let journal = if arguments.resume { journal } else { journal.begin_anew() };
    let mut run = Run::builder("Process new scenes").history(history);
    if analysts.outlive_a_run() {
        run = run.id(catalogue.run_id());
    }
    let (run, progress) = match run.journal(journal).start().await {
        Ok(started) => started,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    run.report_to(Terminal::stderr().mode(arguments.progress)).cancel_on_ctrl_c();

    let result = process_new_scenes(&catalogue, &analysts, progress).await;
    let report = run.ended().await;

    if let Ok(summary) = result {
        // Ignores a closed pipe, as in `| head`.
        let _ = match arguments.progress {
            TerminalMode::Json => write!(io::stderr(), "{summary}"),
            _ => write!(io::stdout(), "{summary}"),
        };
    }
    print_resumed(&report);
    print_errors(&report);
    exit_code(report.status())
}

/// Prints the weights that the runs in a history suggest.
fn print_weights(history: &Path) -> ExitCode {
    let measured = process_new_scenes_plan().measured(&History::file(history));
    let (runs, needed) = (measured.runs(), progress_runtime::history::FEWEST_RUNS);
    if runs < needed {
        println!(
            "{runs} runs in {}: weights are measured from {needed} runs on",
            history.display()
        );
    }
    print!("{}", measured.to_table());
    let diff = measured.to_diff();
    if !diff.is_empty() {
        print!("\n{diff}");
    }
    ExitCode::SUCCESS
}

/// Prints what a run that went on did not do again.
fn print_resumed(report: &Report) {
    if let Some(resumed) = &report.resumed {
        eprintln!(
            "resumed (time {}); {} steps and batches were not done again",
            resumed.times, resumed.not_repeated_count
        );
    }
}

/// Prints the errors of a run: the first 20, and how many others there are.
fn print_errors(report: &Report) {
    const MAX_LISTED: usize = 20;
    for error in report.errors.iter().take(MAX_LISTED) {
        eprintln!("error: {}", error.text);
    }
    let others = (report.snapshot.errors as usize).saturating_sub(MAX_LISTED);
    if others > 0 {
        eprintln!("error: and {others} more; see the table `left_out` of the catalogue");
    }
}

fn exit_code(status: RunStatus) -> ExitCode {
    match status {
        RunStatus::Completed | RunStatus::CompletedWithErrors => ExitCode::SUCCESS,
        RunStatus::Cancelled => {
            eprintln!("cancelled: the catalogue is consistent, and `--resume` goes on from here");
            ExitCode::from(130)
        }
        _ => ExitCode::FAILURE,
    }
}
