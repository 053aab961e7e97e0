//! Catalogues a folder: six weighted steps, sub-jobs that can be cancelled, and one honest number.
//!
//! ```text
//! cargo run --release --example process_new_scenes -- [--progress auto|tty|plain|json|quiet] [--catalogue FILE] [DIR]
//! ```
//!
//! The workflow is below; what the steps do lies in the module [`catalogue`].

pub mod catalogue;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use progress_runtime::{Progress, Report, Run, RunStatus, Terminal, TerminalMode, workflow};

use self::catalogue::{Catalogue, Summary};

workflow!(
    /// Brings the catalogue of a folder up to date.
    #[total(100)]
    pub async fn process_new_scenes(catalogue: &Catalogue, progress: Progress) -> Result<Summary> {
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
        for batch in batches {
            #[step(4, "Analysis")]
            let findings = catalogue.analyse(batch, progress).await?;

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
        let summary = catalogue.complete(changes, previews, indexed, progress).await?;

        Ok(summary)
    }
);

/// Catalogues a folder into a SQLite file: hashes, kinds, findings, previews and a searchable index.
///
/// A second run does only what is new. Ctrl-C cancels: the catalogue stays sound, and the next run goes on from
/// there.
#[derive(Parser)]
#[command(after_help = "\
Exit status:
  0    completed; also with errors, such as an unreadable file: they are listed on stderr
  1    failed
  2    wrong usage, no such folder, or a catalogue that cannot be used
  130  cancelled")]
struct Arguments {
    /// The folder to catalogue
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// Where the catalogue is kept [default: DIR/.catalogue.sqlite]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,

    /// How progress is shown: bars (tty) or lines of text (plain) on stderr, json on stdout, nothing
    /// (quiet), or as fits the terminal (auto)
    #[arg(long, value_name = "MODE", env = "PROGRESS", default_value_t)]
    progress: TerminalMode,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let catalogue = match Catalogue::open(&arguments.folder, arguments.catalogue.as_deref()) {
        Ok(catalogue) => catalogue,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::from(2);
        }
    };

    let (run, progress) = Run::start("Process new scenes");
    run.report_to(Terminal::stderr().mode(arguments.progress)).cancel_on_ctrl_c();

    let outcome = process_new_scenes(&catalogue, progress).await;
    let report = run.ended().await;

    if let Ok(summary) = outcome {
        // Nobody need be there to read it: `| head` is no error.
        let _ = match arguments.progress {
            TerminalMode::Json => write!(io::stderr(), "{summary}"),
            _ => write!(io::stdout(), "{summary}"),
        };
    }
    conclude(&report)
}

/// Says what went wrong, and gives the exit status.
fn conclude(report: &Report) -> ExitCode {
    const LISTED: usize = 20;
    for error in report.errors.iter().take(LISTED) {
        eprintln!("error: {}", error.text);
    }
    let others = (report.snapshot.errors as usize).saturating_sub(LISTED);
    if others > 0 {
        eprintln!("error: and {others} more; see the table `left_out` of the catalogue");
    }
    match report.status() {
        RunStatus::Completed | RunStatus::CompletedWithErrors => ExitCode::SUCCESS,
        RunStatus::Cancelled => {
            eprintln!("cancelled: the catalogue is sound, the next run goes on from here");
            ExitCode::from(130)
        }
        _ => ExitCode::FAILURE,
    }
}
