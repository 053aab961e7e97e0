//! The one painter of the process. The display's thread, the log, `println!` and prompts take turns
//! at it.
//!
//! # Invariants
//!
//! - No code of the user runs under the painter's lock: closures run while the bars are
//!   [suspended](suspend), arguments are formatted before, and errors are logged after.
//! - The lock is held while bytes go to the terminal, so a thread that prints waits for a terminal
//!   that takes none. Reporters do not print, so they do not wait.
//! - A thread that draws, or that has suspended the bars, prints straight to the terminal.

use std::cell::Cell;
use std::io;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use super::direct;
use super::environment::Capabilities;
use super::frame::Frame;
use super::painter::{OutputStream, Painter};
use super::taskbar::Taskbar;
use crate::logging;
#[cfg(feature = "signal")]
use crate::reporter::background::DELIVERY_LIMIT;
use crate::sync::lock;

static PAINTER: OnceLock<Mutex<Painter>> = OnceLock::new();
static WAKE: OnceLock<fn()> = OnceLock::new();

thread_local! {
    /// Whether this thread is drawing, or has suspended the bars.
    static IS_PAINTING: Cell<bool> = const { Cell::new(false) };
    static PRINT_AT_EXIT: PrintAtExit = const { PrintAtExit };
}

/// Prints the lines that wait for the next frame when its thread ends, which the exit of the process
/// does not wait for otherwise.
struct PrintAtExit;

impl Drop for PrintAtExit {
    fn drop(&mut self) {
        with_painter(|painter| {
            if painter.has_kept() {
                painter.print_kept();
            }
        });
    }
}

/// Makes the painter, for a terminal with these capabilities.
/// `wake` is called when lines wait for the next frame.
pub(super) fn open(capabilities: Capabilities, wake: fn()) {
    WAKE.get_or_init(|| wake);
    PAINTER.get_or_init(|| {
        let (stdout, stderr) = (Box::new(io::stdout()), Box::new(io::stderr()));
        Mutex::new(Painter::new(stdout, stderr, capabilities))
    });
}

/// Draws a frame, and above it the lines that stay of runs that have ended.
pub(super) fn draw(ended: &Frame, frame: Frame, taskbar: Taskbar) {
    with_painter(|painter| painter.draw(ended, frame, taskbar));
}

/// Prints whole lines above the bars, or as they are where there are none. While another thread has
/// suspended the bars, the lines are kept until the bars are back.
///
/// # Errors
/// When the stream cannot be written to.
pub(super) fn print(stream: OutputStream, text: String) -> io::Result<()> {
    let mut direct = Some(text);
    let printed = with_painter(|painter| {
        let printed = painter.print(stream, direct.take().unwrap_or_default(), Instant::now());
        (printed, painter.has_kept())
    });
    if let Some((printed, has_kept)) = printed {
        direct = printed?;
        if has_kept {
            let _ = PRINT_AT_EXIT.try_with(|_| ());
            WAKE.get().inspect(|wake| wake());
        }
    }
    direct.map_or(Ok(()), |text| direct::print(stream, &text))
}

/// Whether any bar is on the screen, or suspended from it by another thread.
pub(super) fn is_in_use() -> bool {
    with_painter(|painter| painter.is_in_use()).unwrap_or(false)
}

/// Hides the bars while `f` runs.
pub(super) fn suspend<R>(f: impl FnOnce() -> R) -> R {
    let Some(_suspension) = Suspension::begin() else { return f() };
    f()
}

/// Leaves the screen as it is, for good: the process is about to exit. A terminal that takes no
/// more bytes does not hold that up.
#[cfg(feature = "signal")]
pub(crate) fn leave() {
    use std::sync::mpsc;
    use std::thread;

    if PAINTER.get().is_none() {
        return;
    }
    let (sender, left) = mpsc::channel();
    let thread = thread::Builder::new().name("progress-exit".to_owned()).spawn(move || {
        write_kept(with_painter(Painter::leave).unwrap_or_default());
        let _ = sender.send(());
    });
    if thread.is_ok() {
        // Either the screen is left in order, or nothing can be done about it.
        let _ = left.recv_timeout(DELIVERY_LIMIT);
    }
}

/// Takes a turn at the painter. `None` where there is none, or the thread is painting already.
fn with_painter<R>(turn: impl FnOnce(&mut Painter) -> R) -> Option<R> {
    let painter = PAINTER.get()?;
    let painting = PaintingGuard::begin()?;
    let mut painter = lock(painter);
    let result = turn(&mut painter);
    let error = painter.take_error();
    drop(painter);
    drop(painting);
    if let Some(error) = error {
        logging::debug(format_args!("the terminal failed, so no more bars are drawn: {error}"));
    }
    Some(result)
}

/// Writes lines that were kept. The code that printed them has gone on, so nobody is there to
/// handle an error.
fn write_kept(kept: Vec<(OutputStream, String)>) {
    for (stream, text) in kept {
        let _ = direct::write(stream, &text);
    }
}

/// Marks this thread as painting, for as long as it lives.
struct PaintingGuard;

impl PaintingGuard {
    fn begin() -> Option<Self> {
        let begin = |is_painting: &Cell<bool>| !is_painting.replace(true);
        IS_PAINTING.try_with(begin).unwrap_or(true).then_some(Self)
    }
}

impl Drop for PaintingGuard {
    fn drop(&mut self) {
        let _ = IS_PAINTING.try_with(|is_painting| is_painting.set(false));
    }
}

/// Keeps the bars off the screen for as long as it lives.
struct Suspension {
    painting: Option<PaintingGuard>,
}

impl Suspension {
    fn begin() -> Option<Self> {
        with_painter(Painter::suspend)?;
        Some(Self { painting: PaintingGuard::begin() })
    }
}

impl Drop for Suspension {
    fn drop(&mut self) {
        drop(self.painting.take());
        write_kept(with_painter(Painter::resume).unwrap_or_default());
    }
}
