//! Keeps a copy of a folder on a web server, by the list of checksums that it offers.
//!
//! `cargo run --release --example mirror -- URL DIR`
//!
//! `URL/SHA256SUMS` is what `sha256sum * > SHA256SUMS` writes. Files that are the same are not
//! fetched again, and those that are no longer listed are removed. A second run skips all of it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, ensure};
use backon::ExponentialBuilder;
use clap::Parser;
use progress_runtime::reporter::Keep;
use progress_runtime::{Progress, Run, Terminal, Unit, workflow};
use sha2::{Digest, Sha256};
use ureq::Agent;
use walkdir::WalkDir;

/// Keeps a copy of a folder on a web server.
#[derive(Parser)]
struct Arguments {
    /// The folder on the server, which has a file `SHA256SUMS`
    url: String,

    /// The copy
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The checksum of each file, by its path.
type Sums = BTreeMap<String, String>;

/// A file of the list.
struct Listed {
    path: String,
    sum: String,
}

/// What differs from the list.
struct Difference {
    missing: Vec<Listed>,
    superfluous: Vec<PathBuf>,
}

/// A server, and the copy of its folder.
#[derive(Clone)]
struct Mirror {
    agent: Agent,
    url: String,
    folder: PathBuf,
}

workflow!(
    /// Makes the copy equal to the folder, and returns how many files were fetched.
    async fn mirror(mirror: &Mirror, progress: Progress) -> Result<usize> {
        #[step(1, "Reading the list")]
        #[retry(ExponentialBuilder::default(), when = is_of_the_server)]
        #[timeout(Duration::from_secs(60))]
        let sums = mirror.list(progress).await?;

        #[step(4, "Comparing {} files", sums.len())]
        let difference = mirror.compare(sums, progress).await?;

        let Difference { missing, superfluous } = difference;
        let fetched = missing.len();

        #[step(14, "Fetching {} files", missing.len(), item = "{}", file.path)]
        #[skip("the copy is up to date")]
        #[concurrent(4)]
        for file in missing {
            #[step(9, "Fetching")]
            #[retry(ExponentialBuilder::default(), when = is_of_the_server)]
            let content = mirror.fetch(&file.path, progress).await?;

            #[step(1, "Checking")]
            mirror.store(&file, content, progress).await?;
        }

        #[step(1, "Removing {} files", superfluous.len())]
        #[skip("nothing to remove")]
        for path in superfluous {
            progress.set_message(path.display().to_string());
            tokio::fs::remove_file(&path).await?;
        }

        Ok(fetched)
    }
);

/// Whether another attempt may help.
fn is_of_the_server(error: &anyhow::Error) -> bool {
    error.is::<ureq::Error>()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Mirror {
    async fn list(&self, progress: Progress) -> Result<Sums> {
        let text = String::from_utf8(self.fetch("SHA256SUMS", progress).await?)?;
        let line = |line: &str| {
            let (sum, path) = line.split_once(' ').context("a line without a path")?;
            let path = path.trim_start_matches([' ', '*']);
            let is_inside =
                Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
            ensure!(is_inside, "{path} is outside of the folder");
            Ok((path.to_owned(), sum.to_owned()))
        };
        text.lines().map(line).collect()
    }

    /// Fetches a file on a thread, since the client is not async. A cancel stops it at the next block.
    async fn fetch(&self, path: &str, progress: Progress) -> Result<Vec<u8>> {
        let (agent, url) = (self.agent.clone(), format!("{}/{path}", self.url));
        let fetch = move |mut progress: Progress| {
            let mut answer = agent.get(&url).call().with_context(|| url.clone())?;
            progress.set_unit(Unit::Bytes);
            if let Some(size) = answer.body().content_length() {
                progress.set_length(size);
            }
            let mut content = Vec::new();
            let cancellation = progress.cancellation();
            let mut body = progress.wrap_read(answer.body_mut().as_reader());
            while io::copy(&mut io::Read::take(&mut body, 1 << 16), &mut content)? > 0 {
                ensure!(!cancellation.is_cancelled(), "cancelled");
            }
            Ok(content)
        };
        progress.spawn_blocking(fetch).await?
    }

    /// Hashes what there is.
    async fn compare(&self, mut sums: Sums, progress: Progress) -> Result<Difference> {
        let folder = self.folder.clone();
        let compare = move |mut progress: Progress| {
            fs::create_dir_all(&folder)?;
            progress.set_length(sums.len() as u64);
            progress.set_unit(Unit::named("file", "files"));
            let mut superfluous = Vec::new();
            for entry in WalkDir::new(&folder) {
                let entry = entry?;
                progress.checkpoint()?;
                if !entry.file_type().is_file() {
                    continue;
                }
                let path = entry.path().strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
                match sums.get(&path) {
                    Some(sum) => {
                        progress.write_message(format_args!("{path}"));
                        if sha256(&fs::read(entry.path())?) == *sum {
                            sums.remove(&path);
                        }
                        progress.inc(1);
                    }
                    None => superfluous.push(entry.into_path()),
                }
            }
            let missing = sums.into_iter().map(|(path, sum)| Listed { path, sum }).collect();
            Ok(Difference { missing, superfluous })
        };
        progress.spawn_blocking(compare).await?
    }

    /// Hashes and writes on a thread, too: code that computes would keep the other files waiting.
    async fn store(&self, file: &Listed, content: Vec<u8>, progress: Progress) -> Result<()> {
        let (name, sum) = (file.path.clone(), file.sum.clone());
        let path = self.folder.join(&name);
        let store = move |_progress: Progress| {
            ensure!(sha256(&content) == sum, "{name} has another checksum");
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, content)?;
            Ok(())
        };
        progress.spawn_blocking(store).await?
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { url, folder } = Arguments::parse();
    let url = url.trim_end_matches('/').to_owned();
    let mirrored = Mirror { agent: Agent::new_with_defaults(), url, folder };
    let (run, progress) = Run::start("Mirror");
    run.report_to(Terminal::stderr().keep(Keep::Steps)).cancel_on_ctrl_c();
    let fetched = mirror(&mirrored, progress).await?;
    println!("{fetched} files fetched");
    Ok(())
}
