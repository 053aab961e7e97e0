//! Readers and writers that count bytes.

use std::io::{self, BufRead, IoSlice, Read, Seek, SeekFrom, Write};

use super::Progress;

impl Progress {
    /// Wraps a reader, and counts the bytes that are read. Set the length first, in bytes: without
    /// one the number does not move before the end. When the end of the reader is read, the share
    /// is finished.
    ///
    /// A root has no step that decides how it ends. So it is also finished when the reader is
    /// dropped after all its bytes were read and no call of it has failed, as after a `read_exact`.
    ///
    /// ```
    /// use std::io::Read;
    /// use progress_runtime::Run;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let data = [0; 400];
    /// let (run, mut progress) = Run::start("Hash");
    /// progress.set_length(data.len() as u64);
    /// let mut reader = progress.wrap_read(&data[..]);
    /// reader.read_exact(&mut [0; 100])?;
    /// assert_eq!(run.percent(), 25.0);
    /// # Ok(()) }
    /// ```
    pub fn wrap_read<R: Read>(self, reader: R) -> ProgressReader<R> {
        ProgressReader { inner: reader, progress: self.counting_bytes() }
    }

    /// Wraps a writer, and counts the bytes that are written. Set the length first, in bytes.
    ///
    /// The last byte does not finish the share, as what follows may fail, a flush for one. The step
    /// of the share decides. A root has none: it is finished when the writer is dropped after all
    /// its bytes were written and no call of it has failed. Where more is to be done after that,
    /// take the writer apart, and finish the share when all is well:
    ///
    /// ```
    /// use std::io::Write;
    /// use progress_runtime::{Run, RunStatus};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let (run, mut progress) = Run::start("Save");
    /// progress.set_length(5);
    /// let mut writer = progress.wrap_write(Vec::new());
    /// writer.write_all(b"bytes")?;
    /// writer.flush()?;
    /// let (_bytes, progress) = writer.into_parts();
    /// progress.finish();
    /// assert_eq!(run.status(), RunStatus::Completed);
    /// # Ok(()) }
    /// ```
    pub fn wrap_write<W: Write>(self, writer: W) -> ProgressWriter<W> {
        ProgressWriter { inner: writer, progress: self.counting_bytes() }
    }
}

/// A reader that counts bytes. [`Progress::wrap_read`] creates it.
#[derive(Debug)]
pub struct ProgressReader<R> {
    inner: R,
    progress: Progress,
}

/// A writer that counts bytes. [`Progress::wrap_write`] creates it.
#[derive(Debug)]
pub struct ProgressWriter<W> {
    inner: W,
    progress: Progress,
}

impl<R> ProgressReader<R> {
    /// Returns the reader and the share.
    pub fn into_parts(self) -> (R, Progress) {
        (self.inner, self.progress.keep())
    }

    /// Returns the reader. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<W> ProgressWriter<W> {
    /// Returns the writer and the share.
    pub fn into_parts(self) -> (W, Progress) {
        (self.inner, self.progress.keep())
    }

    /// Returns the writer. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<R> ProgressReader<R> {
    /// Counts bytes that were read. At the end of the reader the share is finished, if as many
    /// bytes were read as there are to read: a reader may have been asked only for its last bytes.
    fn count(&mut self, bytes: usize, wanted: usize) {
        self.progress.count_bytes(bytes);
        if bytes == 0 && wanted > 0 {
            self.progress.end_of_bytes();
        }
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.progress.pass(self.inner.read(buf))?;
        self.count(count, buf.len());
        Ok(count)
    }
}

impl<R: BufRead> BufRead for ProgressReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let bytes = self.progress.pass(self.inner.fill_buf())?;
        if bytes.is_empty() {
            self.progress.end_of_bytes();
        }
        Ok(bytes)
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.progress.count_bytes(amount);
    }
}

impl<W: Write> Write for ProgressWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.progress.pass(self.inner.write(buf))?;
        self.progress.inc(count as u64);
        Ok(count)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.progress.pass(self.inner.write_vectored(bufs))?;
        self.progress.inc(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.progress.pass(self.inner.flush())
    }
}

/// Passes seeks on: only bytes that go through an adapter count.
macro_rules! seek {
    ($(#[$doc:meta])* $adapter:ident) => {
        $(#[$doc])*
        impl<T: Seek> Seek for $adapter<T> {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.progress.pass(self.inner.seek(to))
            }

            fn rewind(&mut self) -> io::Result<()> {
                self.progress.pass(self.inner.rewind())
            }

            fn stream_position(&mut self) -> io::Result<u64> {
                self.progress.pass(self.inner.stream_position())
            }

            fn seek_relative(&mut self, offset: i64) -> io::Result<()> {
                self.progress.pass(self.inner.seek_relative(offset))
            }
        }
    };
}

seek! {
    /// Moves through the reader. Only bytes that are read count, so a reader that looks for its
    /// length by a seek to its end does not move the number.
    ProgressReader
}

seek! {
    /// Moves through the writer. Only bytes that are written count, so a header that is written
    /// again at the end counts again.
    ProgressWriter
}
