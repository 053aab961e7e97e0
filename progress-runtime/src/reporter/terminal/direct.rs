//! Writes text straight to a stream, with no bars around it.
//!
//! A stream that does not block may take nothing for a while. Code that prints waits for it then, as
//! it would for a stream that blocks; the macros of std panic instead, and part of the text is lost.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

use super::painter::OutputStream;

/// The time between two attempts.
const RETRY: Duration = Duration::from_millis(5);

/// Prints a text whole.
///
/// # Errors
/// When the stream cannot be written to.
pub(super) fn print(stream: OutputStream, text: &str) -> io::Result<()> {
    match stream {
        OutputStream::Stdout if stdout_blocks() => {
            // Tests capture the output of this macro alone.
            std::print!("{text}");
            Ok(())
        }
        _ => write(stream, text),
    }
}

/// Writes a text whole, past what tests capture.
///
/// # Errors
/// When the stream cannot be written to.
pub(super) fn write(stream: OutputStream, text: &str) -> io::Result<()> {
    match stream {
        OutputStream::Stdout => write_whole(&mut io::stdout().lock(), text.as_bytes()),
        OutputStream::Stderr => write_whole(&mut io::stderr().lock(), text.as_bytes()),
    }
}

/// Writes all bytes and flushes them, however long the output takes.
///
/// # Errors
/// When the output cannot be written to.
pub(super) fn write_whole(out: &mut dyn Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match retried(|| out.write(bytes))? {
            0 => return Err(ErrorKind::WriteZero.into()),
            written => bytes = bytes.get(written..).unwrap_or_default(),
        }
    }
    retried(|| out.flush())
}

fn retried<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            result => return result,
        }
    }
}

#[cfg(unix)]
fn stdout_blocks() -> bool {
    use rustix::fs::{OFlags, fcntl_getfl};

    fcntl_getfl(io::stdout()).is_ok_and(|flags| !flags.contains(OFlags::NONBLOCK))
}

#[cfg(not(unix))]
fn stdout_blocks() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::io::{self, ErrorKind, Write};

    use super::write_whole;

    /// Takes three bytes at every third call, and nothing at the others.
    #[derive(Default)]
    struct Slow {
        calls: usize,
        taken: Vec<u8>,
        flushed: bool,
    }

    impl Slow {
        fn refuse(&mut self) -> io::Result<()> {
            self.calls += 1;
            match self.calls % 3 {
                0 => Ok(()),
                1 => Err(ErrorKind::WouldBlock.into()),
                _ => Err(ErrorKind::Interrupted.into()),
            }
        }
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.refuse()?;
            let taken = bytes.len().min(3);
            self.taken.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.refuse()?;
            self.flushed = true;
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_for_a_while_gets_every_byte_once() {
        let mut slow = Slow::default();
        write_whole(&mut slow, b"a line of the program\n").unwrap();
        assert_eq!(slow.taken, b"a line of the program\n");
        assert!(slow.flushed);
    }

    #[test]
    fn an_output_that_fails_is_an_error() {
        let full = write_whole(&mut &mut [0; 4][..], b"a line").unwrap_err();
        assert_eq!(full.kind(), ErrorKind::WriteZero);
    }
}
