//! Asynchronous readers and writers of tokio that count bytes.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};

use super::Progress;

impl Progress {
    /// Wraps an asynchronous reader of tokio, and counts the bytes that are read, as
    /// [`wrap_read`](Self::wrap_read) does. Set the length first, in bytes.
    ///
    /// ```
    /// use progress_runtime::Run;
    /// use tokio::io::AsyncReadExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// let data = [0; 400];
    /// let (run, mut progress) = Run::start("Fetch");
    /// progress.set_length(data.len() as u64);
    /// let mut reader = progress.wrap_async_read(&data[..]);
    /// reader.read_exact(&mut [0; 100]).await?;
    /// assert_eq!(run.percent(), 25.0);
    /// # Ok(()) }
    /// ```
    pub fn wrap_async_read<R: AsyncRead>(self, reader: R) -> ProgressAsyncReader<R> {
        ProgressAsyncReader { inner: reader, progress: self.counting_bytes() }
    }

    /// Wraps an asynchronous writer of tokio, and counts the bytes that are written, as
    /// [`wrap_write`](Self::wrap_write) does. Set the length first, in bytes.
    pub fn wrap_async_write<W: AsyncWrite>(self, writer: W) -> ProgressAsyncWriter<W> {
        ProgressAsyncWriter { inner: writer, progress: self.counting_bytes() }
    }
}

pin_project_lite::pin_project! {
    /// An asynchronous reader that counts bytes. [`Progress::wrap_async_read`] creates it.
    #[derive(Debug)]
    pub struct ProgressAsyncReader<R> {
        #[pin]
        inner: R,
        progress: Progress,
    }
}

pin_project_lite::pin_project! {
    /// An asynchronous writer that counts bytes. [`Progress::wrap_async_write`] creates it.
    #[derive(Debug)]
    pub struct ProgressAsyncWriter<W> {
        #[pin]
        inner: W,
        progress: Progress,
    }
}

impl<R> ProgressAsyncReader<R> {
    /// Returns the reader and the share.
    pub fn into_parts(self) -> (R, Progress) {
        (self.inner, self.progress.keep())
    }

    /// Returns the reader. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<W> ProgressAsyncWriter<W> {
    /// Returns the writer and the share.
    pub fn into_parts(self) -> (W, Progress) {
        (self.inner, self.progress.keep())
    }

    /// Returns the writer. The share ends as if the adapter were dropped.
    pub fn into_inner(self) -> W {
        self.inner
    }
}

impl<R: AsyncRead> AsyncRead for ProgressAsyncReader<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        let before = buf.filled().len();
        let polled = ready!(this.inner.poll_read(cx, buf));
        this.progress.pass(polled)?;
        let read = buf.filled().len().saturating_sub(before);
        this.progress.count_bytes(read);
        if read == 0 && buf.remaining() > 0 {
            this.progress.end_of_bytes();
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead> AsyncBufRead for ProgressAsyncReader<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        let filled = ready!(this.inner.poll_fill_buf(cx));
        let bytes = this.progress.pass(filled)?;
        if bytes.is_empty() {
            this.progress.end_of_bytes();
        }
        Poll::Ready(Ok(bytes))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.project();
        this.inner.consume(amount);
        this.progress.count_bytes(amount);
    }
}

/// Moves through the reader. Only bytes that are read count.
impl<R: AsyncSeek> AsyncSeek for ProgressAsyncReader<R> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let this = self.project();
        this.progress.pass(this.inner.start_seek(to))
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        this.inner.poll_complete(cx).map(|sought| this.progress.pass(sought))
    }
}

/// Moves through the writer. Only bytes that are written count.
impl<W: AsyncSeek> AsyncSeek for ProgressAsyncWriter<W> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let this = self.project();
        this.progress.pass(this.inner.start_seek(to))
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        this.inner.poll_complete(cx).map(|sought| this.progress.pass(sought))
    }
}

impl<W: AsyncWrite> AsyncWrite for ProgressAsyncWriter<W> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = ready!(this.inner.poll_write(cx, buf));
        let count = this.progress.pass(polled)?;
        this.progress.inc(count as u64);
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = ready!(this.inner.poll_write_vectored(cx, bufs));
        let count = this.progress.pass(polled)?;
        this.progress.inc(count as u64);
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        this.inner.poll_flush(cx).map(|flushed| this.progress.pass(flushed))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        this.inner.poll_shutdown(cx).map(|shut| this.progress.pass(shut))
    }
}
