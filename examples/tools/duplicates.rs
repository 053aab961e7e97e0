//! Finds files with the same content: a workflow without `async`, whose work is on rayon's threads.
//!
//! `cargo run --release --example duplicates -- [DIR]`; Ctrl-C cancels it.

use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Parser;
use progress_runtime::adapters::ParallelProgress;
use progress_runtime::{Counter, Progress, Run, Terminal, workflow};
use rayon::prelude::*;
use walkdir::WalkDir;

/// Finds files with the same content.
#[derive(Parser)]
struct Arguments {
    /// The folder to search
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// A file that may have a copy.
struct Candidate {
    path: PathBuf,
    size: u64,
}

/// Files with the same content.
struct Copies {
    size: u64,
    paths: Vec<PathBuf>,
}

workflow!(
    fn find_duplicates(folder: &Path, progress: Progress) -> Result<Vec<Copies>> {
        #[step(1, "Listing files", unit = named("file", "files"))]
        let all = list(folder, progress)?;

        // Most files are ruled out by their size, and most others by their first block.
        let files = with_a_twin(all, |file| file.size);

        #[step(1, "Comparing {} beginnings", files.len())]
        let alike = with_equal_beginnings(files, progress)?;

        #[step(8, "Comparing {} files", alike.len(), unit = bytes)]
        let copies = group(alike, progress)?;

        Ok(copies)
    }
);

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (run, progress) = Run::start("Find duplicates");
    run.report_to(Terminal::stderr()).cancel_on_ctrl_c();
    for copies in find_duplicates(&arguments.folder, progress)? {
        println!("{} bytes, {} times:", copies.size, copies.paths.len());
        for path in &copies.paths {
            println!("  {}", path.display());
        }
    }
    Ok(())
}

/// Lists the files. Nobody knows how many there are, so the step shows its count.
fn list(folder: &Path, mut progress: Progress) -> Result<Vec<Candidate>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        progress.checkpoint()?;
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                progress.record_error(error);
                continue;
            }
        };
        let metadata = entry.metadata()?;
        if metadata.is_file() && metadata.len() > 0 {
            progress.inc(1);
            progress.write_message(format_args!("{}", entry.path().display()));
            files.push(Candidate { path: entry.into_path(), size: metadata.len() });
        }
    }
    Ok(files)
}

/// Keeps what shares its key with another one.
fn with_a_twin<T, K: Hash + Eq>(files: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for file in files {
        groups.entry(key(&file)).or_default().push(file);
    }
    groups.into_values().filter(|group| group.len() > 1).flatten().collect()
}

fn with_equal_beginnings(files: Vec<Candidate>, progress: Progress) -> Result<Vec<Candidate>> {
    let beginnings = files.into_par_iter().progress_with(progress).map(with_beginning);
    let beginnings = beginnings.collect::<io::Result<Vec<_>>>()?;
    let files = with_a_twin(beginnings, |(file, beginning)| (file.size, *beginning));
    Ok(files.into_iter().map(|(file, _)| file).collect())
}

/// A file, and the hash of its first 4 KiB.
fn with_beginning(file: Candidate) -> io::Result<(Candidate, blake3::Hash)> {
    let mut beginning = Vec::new();
    File::open(&file.path)?.take(4_096).read_to_end(&mut beginning)?;
    Ok((file, blake3::hash(&beginning)))
}

/// Hashes the files, and groups them. Each of rayon's threads has a clone of the counter, and counts
/// in a place of its own.
fn group(files: Vec<Candidate>, mut progress: Progress) -> Result<Vec<Copies>> {
    progress.set_length(files.iter().map(|file| file.size).sum());
    let hashed = files.into_par_iter().map_with(progress.counter(), |counter, file| {
        let hash = hash(&file, counter)?;
        anyhow::Ok((file, hash))
    });
    let mut groups: HashMap<_, Vec<_>> = HashMap::new();
    for (file, hash) in hashed.collect::<Result<Vec<_>>>()? {
        groups.entry((file.size, hash)).or_default().push(file.path);
    }
    let mut found: Vec<_> = groups
        .into_iter()
        .filter(|(_, paths)| paths.len() > 1)
        .map(|((size, _), mut paths)| {
            paths.sort();
            Copies { size, paths }
        })
        .collect();
    found.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.paths.cmp(&b.paths)));
    Ok(found)
}

fn hash(file: &Candidate, counter: &Counter) -> Result<blake3::Hash> {
    counter.write_message(format_args!("{}", file.path.display()));
    let mut source = File::open(&file.path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; 1 << 17];
    loop {
        counter.checkpoint()?;
        match source.read(&mut block)? {
            0 => return Ok(hasher.finalize()),
            read => {
                hasher.update(&block[..read]);
                counter.inc(read as u64);
            }
        }
    }
}
