//! Finds files with the same content: a workflow that is no `async fn`, with rayon inside.
//!
//! `cargo run --release --example duplicates -- FOLDER`; Ctrl-C cancels it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use blake3::{Hash, Hasher};
use progress_runtime::adapters::ParallelProgress;
use progress_runtime::{Progress, Run, Terminal, Unit, workflow};
use rayon::prelude::*;
use walkdir::WalkDir;

/// A file, and its size in bytes.
type Sized = (PathBuf, u64);

workflow!(
    fn find_duplicates(folder: &Path, progress: Progress) -> Result<Vec<Vec<PathBuf>>> {
        #[step(1, "Listing {}", folder.display())]
        let files = list(folder, progress)?;

        // Files of different sizes differ.
        let alike = of_equal_size(files);

        // rayon uses all processors, and each file counts when it is done.
        #[step(8, "Hashing {} files", alike.len())]
        let hashed = hash_all(alike, progress)?;

        let groups = of_equal_hash(hashed);

        // Each group gives a value, and the `let` collects them.
        #[step(1, "Sorting {} groups", groups.len())]
        #[skip("no two files are the same")]
        let sorted: Vec<_> = for mut group in groups {
            group.sort();
            group
        };

        Ok(sorted)
    }
);

fn list(folder: &Path, mut progress: Progress) -> Result<Vec<Sized>> {
    progress.set_unit(Unit::named("file", "files"));
    let mut files = Vec::new();
    for entry in WalkDir::new(folder) {
        // In the middle of a step, a cancel is seen where the code looks.
        progress.checkpoint()?;
        let entry = entry?;
        if entry.file_type().is_file() {
            let size = entry.metadata()?.len();
            files.push((entry.into_path(), size));
            progress.inc(1);
        }
    }
    Ok(files)
}

fn of_equal_size(files: Vec<Sized>) -> Vec<PathBuf> {
    let mut by_size: HashMap<u64, Vec<PathBuf>> = HashMap::new();
    for (path, size) in files {
        by_size.entry(size).or_default().push(path);
    }
    by_size.into_values().filter(|alike| alike.len() > 1).flatten().collect()
}

fn hash_all(files: Vec<PathBuf>, mut progress: Progress) -> Result<Vec<(Hash, PathBuf)>> {
    let cancellation = progress.cancellation();
    progress.set_unit(Unit::named("file", "files"));
    let hash = |path: PathBuf| match cancellation.is_cancelled() {
        true => Ok(None),
        false => hash(&path).map(|hash| Some((hash, path))),
    };
    let hashed = files.into_par_iter().progress_with(progress).map(hash);
    hashed.filter_map(Result::transpose).collect()
}

fn hash(path: &Path) -> Result<Hash> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Hasher::new().update_reader(file)?.finalize())
}

fn of_equal_hash(hashed: Vec<(Hash, PathBuf)>) -> Vec<Vec<PathBuf>> {
    let mut by_hash: HashMap<Hash, Vec<PathBuf>> = HashMap::new();
    for (hash, path) in hashed {
        by_hash.entry(hash).or_default().push(path);
    }
    by_hash.into_values().filter(|group| group.len() > 1).collect()
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let (run, progress) = Run::start("Duplicates");
    run.report_to(Terminal::stderr());
    run.cancel_on_ctrl_c();
    for group in find_duplicates(&folder, progress)? {
        let size = fs::metadata(&group[0])?.len();
        println!("{size} bytes:");
        group.iter().for_each(|path| println!("  {}", path.display()));
    }
    Ok(())
}
