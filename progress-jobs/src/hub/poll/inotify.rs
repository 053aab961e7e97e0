//! Linux tells when a file is written.
//!
//! A thread of its own reads the notifications: the runtime of the caller may have no driver for
//! files, and then tokio panics where one is asked for.

use std::io::{PipeReader, PipeWriter, Result, pipe};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::{Errno, read};
use tokio::sync::Notify;

/// Notifies of the next write to a file.
pub(super) struct Writes {
    path: PathBuf,
    inotify: Arc<OwnedFd>,
    written: Arc<Notify>,
    /// The thread ends when this is closed.
    _end: PipeWriter,
}

impl Writes {
    pub(super) fn of(path: PathBuf) -> Result<Self> {
        let inotify = Arc::new(init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?);
        let written = Arc::new(Notify::new());
        let (closed, end) = pipe()?;
        let reader =
            Reader { inotify: Arc::clone(&inotify), written: Arc::clone(&written), closed };
        thread::Builder::new()
            .name("progress-jobs inotify".to_owned())
            .spawn(move || reader.run())?;
        Ok(Self { path, inotify, written, _end: end })
    }

    /// The next write from now on ends [`next`](Self::next). Those behind it say nothing, so a busy
    /// database wakes nobody.
    pub(super) fn arm(&self) -> Result<()> {
        add_watch(&self.inotify, &self.path, WatchFlags::MODIFY | WatchFlags::ONESHOT)?;
        Ok(())
    }

    /// Waits for a write since the last wait.
    pub(super) async fn next(&self) {
        self.written.notified().await;
    }
}

/// What the thread has.
struct Reader {
    inotify: Arc<OwnedFd>,
    written: Arc<Notify>,
    closed: PipeReader,
}

impl Reader {
    fn run(self) {
        // An error leaves the looks that are taken whatever Linux says.
        while let Ok(true) = self.wait() {
            self.written.notify_one();
        }
    }

    /// Returns whether something was written, and not this closed.
    fn wait(&self) -> rustix::io::Result<bool> {
        loop {
            let mut ready = [
                PollFd::new(&self.inotify, PollFlags::IN),
                PollFd::new(&self.closed, PollFlags::IN),
            ];
            match poll(&mut ready, None) {
                Err(Errno::INTR) => continue,
                result => result?,
            };
            if !ready[1].revents().is_empty() {
                return Ok(false);
            }
            // What has happened does not matter.
            match read(&self.inotify, &mut [0; 4096]) {
                Ok(_) => return Ok(true),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::Writes;

    #[tokio::test]
    async fn a_write_after_arming_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db-wal");
        let writes = Writes::of(path.clone()).unwrap();
        assert!(writes.arm().is_err(), "there is no file");
        let mut file = File::create(&path).unwrap();
        for _ in 0..3 {
            writes.arm().unwrap();
            file.write_all(b"a commit").unwrap();
            writes.next().await;
        }
    }

    #[tokio::test]
    async fn the_thread_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let writes = Writes::of(folder.path().to_owned()).unwrap();
        let (inotify, written) = (writes.inotify.clone(), writes.written.clone());
        drop(writes);
        // The thread lets go of them.
        while std::sync::Arc::strong_count(&inotify) + std::sync::Arc::strong_count(&written) > 2 {
            tokio::task::yield_now().await;
        }
    }
}
