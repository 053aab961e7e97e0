//! Readers and writers that count bytes.

use std::io::{self, BufRead, IoSlice, Read, Seek, SeekFrom, Write};

use super::Progress;

impl Progress {
    /// Wraps a reader, and counts the bytes that are read. Set the length first, in bytes.
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
        ProgressReader { inner: reader, progress: self }
    }

    /// Wraps a writer, and counts the bytes that are written. Set the length first, in bytes.
    pub fn wrap_write<W: Write>(self, writer: W) -> ProgressWriter<W> {
        ProgressWriter { inner: writer, progress: self }
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
        (self.inner, self.progress)
    }
}

impl<W> ProgressWriter<W> {
    /// Returns the writer and the share.
    pub fn into_parts(self) -> (W, Progress) {
        (self.inner, self.progress)
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.progress.inc(count as u64);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for ProgressReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.progress.inc(amount as u64);
    }
}

impl<R: Seek> Seek for ProgressReader<R> {
    /// Seeks, and counts the bytes before the new position as done.
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = self.inner.seek(to)?;
        self.progress.set_position(position);
        Ok(position)
    }
}

impl<W: Write> Write for ProgressWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buf)?;
        self.progress.inc(count as u64);
        Ok(count)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.inner.write_vectored(bufs)?;
        self.progress.inc(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
