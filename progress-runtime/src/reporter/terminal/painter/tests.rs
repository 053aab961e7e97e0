//! The painter's output, with and without a suspension.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{MAX_KEPT, OutputStream, Painter};
use crate::reporter::terminal::environment::Capabilities;
use crate::reporter::terminal::frame::{Frame, FrameLine, Tone};
use crate::reporter::terminal::surface::Surface;
use crate::reporter::terminal::taskbar::Taskbar;

/// Keeps the output to both streams.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<String>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push_str(str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn take(&self) -> String {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn painter() -> (Painter, Written) {
    let written = Written::default();
    let capabilities = Capabilities { unicode: true, ..Capabilities::default() };
    let streams = (Box::new(written.clone()), Box::new(written.clone()));
    (Painter::new(streams.0, streams.1, Surface::Stderr, capabilities), written)
}

fn frame(text: &str) -> Frame {
    let mut line = FrameLine::default();
    line.push(text, Tone::Plain);
    Frame { lines: vec![line], animated: false }
}

fn draw(painter: &mut Painter, text: &str) {
    painter.draw(&Frame::default(), frame(text), Taskbar::Nothing);
}

fn print(painter: &mut Painter, stream: OutputStream, line: &str) -> Option<String> {
    painter.print(stream, format!("{line}\n"), Instant::now()).unwrap()
}

#[test]
fn lines_of_one_frames_time_go_out_together() {
    let (mut painter, written) = painter();
    draw(&mut painter, "a frame");
    written.take();
    let start = Instant::now();
    let mut print = |seconds, stream, line: &str| {
        let now = start + Duration::from_secs(seconds);
        assert_eq!(painter.print(stream, format!("{line}\n"), now).unwrap(), None);
        painter.has_kept()
    };
    // Long after the frame, a line does not wait.
    assert!(!print(3_600, OutputStream::Stderr, "the first line"));
    assert_eq!(written.take().matches("a frame").count(), 1);
    for number in 0..1_000 {
        assert!(print(0, OutputStream::Stderr, &format!("log {number}.")));
    }
    assert!(print(0, OutputStream::Stdout, "printed"));
    assert_eq!(written.take(), "", "they wait for the next frame");
    assert!(!print(3_600, OutputStream::Stderr, "the last line"));
    let text = written.take();
    assert_eq!(text.matches("a frame").count(), 2, "before and after what goes to stdout");
    let mut from = 0;
    for number in 0..1_000 {
        from += text[from..].find(&format!("log {number}.\n")).expect("each line, in its order");
    }
    let printed = text[from..].find("printed\n").expect("after the log") + from;
    assert!(text[printed..].contains("the last line\n"));
}

#[test]
fn nothing_is_written_while_the_bars_are_suspended() {
    let (mut painter, written) = painter();
    draw(&mut painter, "first frame");
    assert!(written.take().contains("first frame"));

    painter.suspend();
    written.take();
    draw(&mut painter, "second frame");
    assert_eq!(print(&mut painter, OutputStream::Stderr, "a line of the log"), None);
    assert_eq!(print(&mut painter, OutputStream::Stdout, "a line of the job"), None);
    painter.draw(&frame("a run has ended"), frame("third frame"), Taskbar::Nothing);
    painter.suspend();
    assert!(painter.resume().is_empty());
    assert_eq!(written.take(), "");

    assert!(painter.resume().is_empty());
    let text = written.take();
    let position = |text_part: &str| text.find(text_part).expect(text_part);
    assert!(position("third frame") < position("a line of the log"));
    assert!(position("a line of the log") < position("a line of the job"));
    assert!(position("a line of the job") < position("a run has ended"));
    assert!(position("a run has ended") < text.rfind("third frame").unwrap());
    assert!(!text.contains("second frame"), "{text:?}");
}

#[test]
fn lines_go_to_their_streams_where_there_are_no_bars() {
    let (mut painter, written) = painter();
    assert_eq!(print(&mut painter, OutputStream::Stderr, "log").as_deref(), Some("log\n"));
    painter.suspend();
    assert_eq!(print(&mut painter, OutputStream::Stderr, "log"), None);
    assert_eq!(print(&mut painter, OutputStream::Stdout, "job"), None);
    let direct =
        [(OutputStream::Stderr, "log\n".to_owned()), (OutputStream::Stdout, "job\n".to_owned())];
    assert_eq!(painter.resume(), direct);
    assert_eq!(written.take(), "");
}

#[test]
fn a_prompt_that_nobody_answers_does_not_fill_the_memory() {
    let (mut painter, _written) = painter();
    painter.suspend();
    let long = "x".repeat(MAX_KEPT / 2);
    assert_eq!(print(&mut painter, OutputStream::Stderr, &long), None);
    assert!(print(&mut painter, OutputStream::Stderr, &long).is_some());
    assert_eq!(print(&mut painter, OutputStream::Stderr, "short"), None);
}

#[test]
fn a_terminal_that_fails_is_not_written_to_again() {
    struct Broken;
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut painter =
        Painter::new(Box::new(Broken), Box::new(Broken), Surface::Stderr, Capabilities::default());
    draw(&mut painter, "first frame");
    assert_eq!(painter.take_error().unwrap().kind(), io::ErrorKind::BrokenPipe);
    draw(&mut painter, "second frame");
    assert!(painter.take_error().is_none());
    assert_eq!(print(&mut painter, OutputStream::Stderr, "log").as_deref(), Some("log\n"));
}

#[cfg(feature = "signal")]
#[test]
fn an_exit_in_a_prompt_loses_no_line() {
    let (mut painter, _written) = painter();
    draw(&mut painter, "frame");
    painter.suspend();
    print(&mut painter, OutputStream::Stderr, "log");
    assert_eq!(painter.leave(), [(OutputStream::Stderr, "log\n".to_owned())]);
}
