//! A file that lines are appended to, and the file `NAME.lock` beside it, whose lock keeps other
//! processes away.
//!
//! The lock file is never removed or replaced. Links are followed first, so that all names of one
//! file lead to one lock. The system releases the lock of a process that dies.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use fs4::TryLockError;

/// Refuses a directory, and a pipe or a device, which could block.
pub(crate) fn check_kind(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "not a file"))
}

/// Creates the file and its folder, if there is none, and returns its path without links.
pub(crate) fn create(path: &Path) -> io::Result<PathBuf> {
    match check_kind(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            // The path of a file can be resolved once the file exists.
            drop(open_to_append(path)?);
            #[cfg(unix)]
            if let Some(folder) = fs::canonicalize(path)?.parent() {
                // The entry in the folder must outlive a loss of power too.
                File::open(folder)?.sync_all()?;
            }
        }
        checked => checked?,
    }
    fs::canonicalize(path)
}

pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}

/// The lock file of a file.
pub(crate) struct LockFile(File);

/// A lock, which its drop releases.
pub(crate) struct Lock(File);

impl LockFile {
    /// The lock file of a file, whose path has no links.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        open_to_append(&beside(path, ".lock")).map(Self)
    }

    /// Takes the lock, or returns the lock file if another one has it.
    pub(crate) fn try_lock(self) -> io::Result<Result<Lock, Self>> {
        loop {
            match fs4::FileExt::try_lock(&self.0) {
                Ok(()) => return Ok(Ok(Lock(self.0))),
                Err(TryLockError::WouldBlock) => return Ok(Err(self)),
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Waits for the lock. The system serves those that wait in their order.
    #[cfg(feature = "history")]
    pub(crate) fn lock(self) -> io::Result<Lock> {
        loop {
            match fs4::FileExt::lock(&self.0) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                locked => return locked.map(|()| Lock(self.0)),
            }
        }
    }

    /// What the holder has written into the lock file. Where a lock keeps others from reading, it
    /// is not known.
    #[cfg(feature = "journal")]
    pub(crate) fn text(mut self) -> Option<String> {
        let mut text = String::new();
        io::Read::read_to_string(&mut self.0, &mut text).ok()?;
        Some(text)
    }
}

#[cfg(feature = "journal")]
impl Lock {
    /// Says in the lock file who holds the lock.
    pub(crate) fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.set_len(0)?;
        io::Write::write_all(&mut self.0, text.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started has a copy of the file for a
        // moment. If this fails, the file is closed all the same.
        let _ = fs4::FileExt::unlock(&self.0);
    }
}
