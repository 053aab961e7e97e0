//! A store in a file: one line a record, with a checksum.
//!
//! # Why nothing is lost
//!
//! - A run holds the lock of the file `NAME.lock` from before it opens the journal until it has
//!   ended.
//! - A line is appended with one write. If the write fails, its part is cut off again.
//! - Only the last line may be torn, by a process that died or a loss of power in its write. It is
//!   cut off. Its step was not known to have ended, so it runs again.
//! - A file that does not begin as a journal does is another program's, and stays as it is.
//! - The lines of a journal that was closed are cut off. The file itself stays.

use std::fs::{self, File};
use std::future::ready;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, Mutex};

use super::JournalError;
use super::background::{Syncer, on_a_thread};
use super::checksum;
use super::store::{JournalFuture, JournalStore};
use crate::shared_file::{Lock, LockFile, create, open_to_append};
use crate::sync::lock;

/// A journal in a file.
pub(super) struct FileStore {
    path: PathBuf,
    opened: Arc<Mutex<Option<Opened>>>,
}

/// The file while a run has it.
struct Opened {
    file: File,
    /// The length up to the end of the last whole line.
    length: u64,
    syncer: Option<Syncer>,
    _lock: Lock,
}

impl FileStore {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, opened: Arc::default() }
    }

    fn unwritable(&self, text: &impl ToString) -> JournalError {
        JournalError::Unwritable { journal: self.name(), text: text.to_string() }
    }

    fn with_opened<T>(
        &self,
        f: impl FnOnce(&mut Opened) -> io::Result<T>,
    ) -> Result<T, JournalError> {
        let mut opened = lock(&self.opened);
        let opened = opened.as_mut().ok_or_else(|| self.unwritable(&"its run has ended"))?;
        f(opened).map_err(|error| self.unwritable(&error))
    }
}

impl JournalStore for FileStore {
    fn name(&self) -> String {
        name(&self.path)
    }

    fn recall(&self) -> JournalFuture<Vec<String>> {
        let (path, opened) = (self.path.clone(), Arc::clone(&self.opened));
        Box::pin(async move {
            let journal = name(&path);
            let recalled = on_a_thread(move || {
                let (file, lines) = open(&path)?;
                *lock(&opened) = Some(file);
                lines
            });
            let unreadable =
                |error: io::Error| JournalError::Unreadable { journal, text: error.to_string() };
            recalled.await.map_err(unreadable)?
        })
    }

    fn record(&self, line: String, sync: bool) -> JournalFuture<()> {
        let recorded = self.with_opened(|opened| {
            opened.append(&line)?;
            Ok(if sync { Some(opened.syncer()?.sync()) } else { None })
        });
        let journal = self.name();
        match recorded {
            Ok(None) => Box::pin(ready(Ok(()))),
            Ok(Some(synced)) => Box::pin(async move {
                synced.await.map_err(|text| JournalError::Unwritable { journal, text })
            }),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn mark(&self, line: String) -> Result<(), JournalError> {
        self.with_opened(|opened| opened.append(&line))
    }

    fn close(&self) -> JournalFuture<()> {
        let closed = self.with_opened(|opened| {
            opened.file.set_len(0)?;
            opened.length = 0;
            Ok(opened.syncer()?.sync())
        });
        let journal = self.name();
        match closed {
            Ok(synced) => Box::pin(async move {
                synced.await.map_err(|text| JournalError::Unwritable { journal, text })
            }),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    fn release(&self) {
        let opened = lock(&self.opened).take();
        drop(opened);
    }
}

impl Opened {
    fn append(&mut self, line: &str) -> io::Result<()> {
        let line = checksum::sealed(line);
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn syncer(&mut self) -> io::Result<&Syncer> {
        if self.syncer.is_none() {
            let file = self.file.try_clone()?;
            self.syncer = Some(Syncer::start(move || file.sync_data())?);
        }
        self.syncer.as_ref().ok_or_else(|| io::Error::other("no thread to sync it"))
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// What the file has, or which line is damaged.
type Recalled = Result<Vec<String>, JournalError>;

/// Opens, locks and reads the journal.
fn open(path: &Path) -> Result<(Opened, Recalled), JournalError> {
    let journal = || name(path);
    let unreadable =
        |error: io::Error| JournalError::Unreadable { journal: journal(), text: error.to_string() };
    let path = create(path).map_err(unreadable)?;
    let lock = match take_lock(&path).map_err(unreadable)? {
        Ok(lock) => lock,
        Err(holder) => return Err(JournalError::Locked { journal: journal(), holder }),
    };
    let mut file = open_to_append(&path).map_err(unreadable)?;
    let bytes = fs::read(&path).map_err(unreadable)?;
    if !checksum::begins_lines(&bytes) {
        let text = "it is the file of another program".to_owned();
        return Err(JournalError::Unreadable { journal: journal(), text });
    }
    let (length, lines) = match lines(&bytes) {
        Ok((lines, whole)) => {
            (end_of_lines(&mut file, &bytes, whole).map_err(unreadable)?, Ok(lines))
        }
        Err((line, text)) => {
            let damaged = JournalError::Damaged { journal: journal(), line, text };
            (bytes.len() as u64, Err(damaged))
        }
    };
    Ok((Opened { file, length, syncer: None, _lock: lock }, lines))
}

/// Takes the lock, or returns the id of the process that holds it.
fn take_lock(path: &Path) -> io::Result<Result<Lock, Option<u32>>> {
    Ok(match LockFile::of(path)?.try_lock()? {
        Ok(mut lock) => {
            lock.write(&format!("{}\n", process::id()))?;
            Ok(lock)
        }
        Err(file) => Err(file.text().and_then(|text| text.trim().parse().ok())),
    })
}

/// The lines without their checksums, and how many bytes they have. What follows is a torn line.
fn lines(bytes: &[u8]) -> Result<(Vec<String>, usize), (usize, String)> {
    let (mut lines, mut whole, mut number) = (Vec::new(), 0, 0);
    while whole < bytes.len() {
        let rest = &bytes[whole..];
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let end = rest.len().min(length + 1);
        number += 1;
        match checksum::opened(&rest[..length]) {
            Ok(line) => lines.push(line),
            Err(_) if end == rest.len() => break,
            Err(text) => return Err((number, text)),
        }
        whole += end;
    }
    Ok((lines, whole))
}

/// Cuts a torn line off, and ends the last one. Returns the length.
fn end_of_lines(file: &mut File, bytes: &[u8], whole: usize) -> io::Result<u64> {
    if whole < bytes.len() {
        file.set_len(whole as u64)?;
    }
    let is_ended = bytes[..whole].last().is_none_or(|last| *last == b'\n');
    if !is_ended {
        file.write_all(b"\n")?;
    }
    file.seek(SeekFrom::End(0))
}
