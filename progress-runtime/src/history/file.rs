//! Stores in files: one line a run.
//!
//! # Why no run is lost
//!
//! - A writer holds the lock of the file `NAME.lock` from before it opens the history until after
//!   it has replaced it. So no writer appends to a file that another one has just replaced.
//! - A line is appended with one write. If the write fails, its part is cut off again. If a line
//!   without an end was left by another program, the next one begins with a line break.
//! - The file is replaced by a rename. So a reader, which takes no lock, sees the old file or the
//!   new one.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::store::{HistoryStore, KEPT};
use super::wire::Line;
use crate::shared_file::{Lock, LockFile, beside, check_kind, create, open_to_append};

/// How much of a file is read for a run, in bytes.
const READ: u64 = 1024 * 1024;
/// The size from which a file is compacted.
const COMPACTED_ABOVE: u64 = 256 * 1024;
/// The largest file that is compacted. A history never gets that far.
const READ_TO_COMPACT: u64 = 16 * READ;
/// How long a writer waits for the others, each of which writes one line.
const PATIENCE: Duration = Duration::from_secs(2);
/// Whether a writer of this process has lost its patience, and its thread still waits. The next
/// writers do not wait then: many runs must not wait one after the other.
static STUCK: AtomicBool = AtomicBool::new(false);

/// The stores in files.
pub(super) enum FileStore {
    /// One file for all workflows.
    File(PathBuf),
    /// A file for each workflow in one folder.
    Folder(PathBuf),
}

impl FileStore {
    fn path(&self, workflow: &str) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            // Two workflows may get one file, because each line names its workflow. The prefix
            // keeps away from the names that Windows reserves.
            Self::Folder(folder) => {
                let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '_' };
                let name: String = workflow.chars().take(100).map(plain).collect();
                folder.join(format!("progress-{name}.jsonl"))
            }
        }
    }
}

impl HistoryStore for FileStore {
    fn read(&self, workflow: &str) -> io::Result<Vec<String>> {
        let path = self.path(workflow);
        read(&path).map_err(|error| with_path(&path, &error))
    }

    fn append(&self, workflow: &str, line: &str) -> io::Result<()> {
        let path = self.path(workflow);
        append(&path, line).map_err(|error| with_path(&path, &error))
    }
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The lines at the end of a file; none if there is no file.
fn read(path: &Path) -> io::Result<Vec<String>> {
    match check_kind(path).and_then(|()| File::open(path)) {
        Ok(mut file) => {
            let (lines, is_whole) = last_lines(&mut file, READ)?;
            let mut lines: Vec<_> = lines.into_iter().map(text).collect();
            // The line that has no end yet may be about to be written.
            lines.pop_if(|line| !is_whole && Line::parse(line).is_none());
            Ok(lines)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The lines in the last `most` bytes, and whether the last of them has its end.
fn last_lines(file: &mut File, most: u64) -> io::Result<(Vec<Vec<u8>>, bool)> {
    let from = file.metadata()?.len().saturating_sub(most);
    // One byte more shows whether the first line is whole.
    file.seek(SeekFrom::Start(from.saturating_sub(1)))?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    let mut lines = bytes.split(|byte| *byte == b'\n');
    if from > 0 {
        lines.next();
    }
    let lines = lines.filter(|line| !line.trim_ascii().is_empty());
    Ok((lines.map(<[u8]>::to_vec).collect(), bytes.ends_with(b"\n")))
}

/// The text of a line. One that is not UTF-8 stays a line, which is no JSON either, so that it is
/// counted as damaged.
fn text(line: Vec<u8>) -> String {
    String::from_utf8(line).unwrap_or_else(|_| char::REPLACEMENT_CHARACTER.into())
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let path = create(path)?;
    let lock = lock(&path)?;
    let mut file = open_to_append(&path)?;
    let before = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if !ends_a_line(&mut file, before)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    if let Err(error) = file.write_all(&bytes) {
        let _ = file.set_len(before);
        return Err(error);
    }
    let size = before + bytes.len() as u64;
    if size > COMPACTED_ABOVE {
        compact(&path, file, size)?;
    }
    drop(lock);
    Ok(())
}

/// Waits for the other writers of a file. The lock ends with the value.
///
/// The system serves those that wait in their order, which an attempt now and then would not. So a
/// thread waits, and this one waits for the thread.
///
/// # Errors
///
/// Returns an error if another process keeps the lock longer than [`PATIENCE`]: a run must not wait
/// at its end for a process that was stopped.
fn lock(path: &Path) -> io::Result<Lock> {
    let file = match LockFile::of(path)?.try_lock()? {
        Ok(lock) => return Ok(lock),
        Err(_) if STUCK.load(Relaxed) => return Err(stuck()),
        Err(file) => file,
    };
    let (sender, locked) = mpsc::channel();
    thread::Builder::new().name("progress history".to_owned()).spawn(move || {
        let locked = file.lock();
        STUCK.store(false, Relaxed);
        // Where nobody waits any more, the lock ends with its value.
        let _ = sender.send(locked);
    })?;
    locked.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        STUCK.store(true, Relaxed);
        Err(stuck())
    })
}

fn stuck() -> io::Error {
    let text = "another process holds its lock and does not go on";
    io::Error::new(ErrorKind::WouldBlock, text)
}

fn ends_a_line(file: &mut File, size: u64) -> io::Result<bool> {
    let Some(last) = size.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.seek(SeekFrom::Start(last))?;
    file.read_exact(&mut byte)?;
    Ok(byte == *b"\n")
}

/// Reduces a file to the last runs of each workflow. The caller holds the lock.
fn compact(path: &Path, mut file: File, size: u64) -> io::Result<()> {
    let (lines, _) = last_lines(&mut file, READ_TO_COMPACT)?;
    let lines = latest(lines);
    let kept: u64 = lines.iter().map(|line| line.len() as u64 + 1).sum();
    // The last runs of many or large workflows may need that much. To write them again after each
    // run would be work for nothing. A file of which not all was read may be no history at all.
    if kept * 2 > size || size > READ_TO_COMPACT {
        return Ok(());
    }
    let temporary = beside(path, ".tmp");
    let replaced = replace(path, &temporary, file, &lines);
    if replaced.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    replaced.map_err(|error| {
        io::Error::new(error.kind(), format!("the run is added, but old ones stay: {error}"))
    })
}

fn replace(path: &Path, temporary: &Path, file: File, lines: &[Vec<u8>]) -> io::Result<()> {
    // A file that a crash has left.
    match fs::remove_file(temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    let mut bytes = lines.join(&b'\n');
    bytes.push(b'\n');
    new.write_all(&bytes)?;
    let old = file.metadata()?;
    new.set_permissions(old.permissions())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        // The file of another user, such as with `sudo`, stays that user's.
        let _ = fchown(&new, Some(old.uid()), Some(old.gid()));
    }
    new.sync_all()?;
    drop((file, new));
    fs::rename(temporary, path)
}

/// The last valid lines of each workflow, in their order. Those of a later version of the format
/// are kept for the programs that read them. What stands before the first line of a history is not
/// ours: it is kept too.
fn latest(lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let parse = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(Line::parse);
    let foreign = lines.iter().take_while(|bytes| parse(bytes).is_none()).count();
    let mut counts = HashMap::new();
    let mut kept = Vec::new();
    for (at, bytes) in lines.into_iter().enumerate().rev() {
        if at < foreign {
            kept.push(bytes);
            continue;
        }
        let valid = parse(&bytes).filter(|line| line.is_newer() || line.record().is_some());
        let Some(line) = valid else { continue };
        let (version, workflow) = line.kind();
        let count = counts.entry((version, workflow.to_owned())).or_insert(0);
        if *count < KEPT {
            *count += 1;
            kept.push(bytes);
        }
    }
    kept.reverse();
    kept
}
