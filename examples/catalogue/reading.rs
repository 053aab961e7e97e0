//! Reads files that may be huge, may have vanished, or may be unreadable.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

use progress_runtime::{Interrupted, Progress};

/// How many bytes to read at a time.
const CHUNK: usize = 128 * 1024;

/// The size and time of a file. The catalogue assumes that a file with the same stamp has the same
/// content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        let nanoseconds = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i64,
            Err(before) => -(before.duration().as_nanos() as i64),
        };
        Self { size: metadata.len(), modified: nanoseconds }
    }
}

/// The reason why a file was not read to its end.
pub(super) enum ReadError {
    /// The run is being cancelled.
    Interrupted(Interrupted),
    /// The file was deleted after the walk had listed it.
    Vanished,
    Unreadable(io::Error),
}

impl From<Interrupted> for ReadError {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Vanished,
            _ => Self::Unreadable(error),
        }
    }
}

/// Passes the first `size` bytes of a file to `consume` in chunks, and adds them to the progress.
/// Stops there even if the file has grown.
pub(super) fn read(
    path: &Path,
    size: u64,
    progress: &mut Progress,
    mut consume: impl FnMut(&[u8]),
) -> Result<(), ReadError> {
    let mut file = File::open(path)?.take(size);
    let mut chunk = vec![0; CHUNK.min(size as usize)];
    while file.limit() > 0 {
        progress.checkpoint()?;
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => {
                consume(&chunk[..read]);
                progress.inc(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// At most the first `limit` bytes of a file.
pub(super) fn head(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut head = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut head)?;
    Ok(head)
}
