//! The display: bars in a terminal, plain lines in a log, JSON for a program.
//!
//! From the run to the screen:
//!
//! - [`model`] takes snapshots, and keeps what they do not;
//! - [`rows`] says what to show of each step, and [`render`] lays it out as a [`frame`]: both are
//!   pure functions;
//! - [`display`] is the thread that does so for all runs of the process;
//! - [`screen`] makes the bytes that replace one frame by the next, and [`painter`] writes them;
//! - [`output`] is where the thread, the log and `println!` take turns at the painter.

mod ansi;
mod cells;
mod direct;
mod display;
mod environment;
mod frame;
mod hint;
mod in_memory;
mod keep;
mod mode;
mod model;
mod output;
mod pace;
mod painter;
mod pinned;
mod render;
mod rows;
mod screen;
mod settings;
mod surface;
mod symbols;
mod target;
mod taskbar;
mod writer;

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::display::ShownRun;
use self::environment::Capabilities;
#[cfg(feature = "signal")]
pub(crate) use self::hint::set_interruptible;
pub use self::in_memory::TerminalScreen;
pub use self::keep::Keep;
pub use self::mode::{TerminalMode, UnknownMode};
#[cfg(feature = "signal")]
pub(crate) use self::output::leave;
use self::surface::{OutputStream, Surface};
use self::target::Target;
pub use self::writer::TerminalWriter;
use super::{JsonLines, Lines, ReportError, Reporter, Update, UpdateKind};

/// Shows runs as fits the environment: bars in a terminal, plain lines in a log, JSON for a
/// program.
///
/// ```no_run
/// use progress_runtime::{Run, Terminal};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(Terminal::stderr());
/// # progress.finish();
/// ```
///
/// In a terminal, each step has its state, its count, its bar and its time. Steps that have ended
/// fold away, steps that do not fit are counted, and failures are still there at the end:
///
/// ```text
/// Process new scenes  ━━━━━━━━━━━━━━╸───────────────  48%  step 4/6  5m18s  ~6m left
///  ✓ Process downloads     completed · 42 done                              48s
///  ↷ Incremental sync      skipped: no pending scenes
///  ◐ Analyze scenes        batch 3/7                    ━━━━╸───────  37%  2m48s
///    ├ ⚠ batch 2           Applying failed: 2 changes failed                42s
///    └ ◐ batch 3 Analysis  62/100                       ━━━━━━━─────  62%  1m24s
///  ○ Final sync            pending                               ctrl-c to cancel
/// ```
///
/// A thread of its own draws the bars, at most 15 times a second, and not before 300 ms have
/// passed: a quick job prints its result and nothing else. All runs of the process share one
/// display. The size of the terminal is read for each frame. No run waits for the terminal: if it
/// fails, or takes no more output, jobs go on, and only the end of a run waits for its last frame,
/// for at most two seconds.
///
/// # Modes
///
/// The [mode](TerminalMode) is set by [`mode`](Self::mode), or else by the variable `PROGRESS`, or
/// else by the environment: bars are drawn if the standard error is a terminal, `TERM` is not
/// `dumb`, and `CI` is not set. Bars and plain lines go to the standard error, JSON goes to the
/// standard output. `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` decide on colour alone. In GitHub
/// Actions plain lines come in a group for each step, and failures as annotations.
///
/// # Printing
///
/// The bars stand below the cursor, and each frame starts wherever the cursor is by then. So
/// whatever is printed past them moves them down, and is never drawn over: a `println!` of std, a
/// library in another language, a child process, a key, a resize, a job that was stopped and goes
/// on. There is one limit: when several lines come at once, between two frames, those after the
/// first may have the rest of a bar behind them (after the second, in a terminal of 20 rows or
/// more).
///
/// Whatever goes through the log's [`writer`](Self::writer), through [`suspend`](Self::suspend), or
/// through the macros [`println!`](crate::terminal::println) and
/// [`eprintln!`](crate::terminal::eprintln) stands above the bars unbroken, however much it is, and
/// so do panics. [`pinned`](Self::pinned) bars let everything else through unbroken too.
///
/// A process that is killed, or leaves by `std::process::exit`, leaves its last bars below the
/// shell's prompt.
pub struct Terminal {
    mode: TerminalMode,
    heartbeat: Option<Duration>,
    is_pinned: bool,
    keep: Keep,
    /// Taken by the first update.
    target: Option<Target>,
    sink: Sink,
}

/// Where updates go.
enum Sink {
    Bars(Bars),
    Screen(TerminalScreen),
    Other(Box<dyn Reporter>),
    /// Also before the first update.
    Nothing,
}

struct Bars {
    run: ShownRun,
    /// When the latest snapshot was taken.
    taken: Instant,
    /// Whether a snapshot was passed over.
    is_due: bool,
}

/// Changes that follow each other faster than this share a snapshot.
const CROWD: Duration = Duration::from_millis(2);

impl Terminal {
    /// A writer for the log. Its lines stand above the bars; where there are no bars it writes to
    /// the standard error.
    ///
    #[cfg_attr(not(doctest), doc = include_str!("logging.md"))]
    ///
    /// By hand:
    ///
    /// ```
    /// use std::io::Write;
    ///
    /// use progress_runtime::Terminal;
    ///
    /// writeln!(Terminal::writer(), "a line of the log")?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn writer() -> TerminalWriter {
        TerminalWriter::new()
    }

    /// Whether the standard error has colour, according to the terminal and to `NO_COLOR`,
    /// `CLICOLOR` and `CLICOLOR_FORCE`. The bars follow this, and the log should.
    pub fn has_colour() -> bool {
        environment::current(io::stderr().is_terminal()).capabilities().colour
    }

    /// Hides the bars while `f` runs, for instance to ask the user something.
    ///
    /// Jobs go on meanwhile. Lines that other threads write to the [`writer`](Self::writer), or
    /// print by [`println!`](crate::terminal::println) and
    /// [`eprintln!`](crate::terminal::eprintln), wait until `f` has returned.
    ///
    /// ```
    /// use progress_runtime::Terminal;
    ///
    /// Terminal::suspend(|| println!("found 3 scenes"));
    /// ```
    pub fn suspend<R>(f: impl FnOnce() -> R) -> R {
        output::suspend(f)
    }

    /// The end of [`println!`](crate::terminal::println), which it panics like.
    #[doc(hidden)]
    pub fn __print_line(text: String) {
        if let Err(error) = output::print(OutputStream::Stdout, text + "\n") {
            panic!("failed printing to stdout: {error}");
        }
    }

    /// The end of [`eprintln!`](crate::terminal::eprintln), which it panics like.
    #[doc(hidden)]
    pub fn __eprint_line(text: String) {
        if let Err(error) = output::print(OutputStream::Stderr, text + "\n") {
            panic!("failed printing to stderr: {error}");
        }
    }

    /// Decides with the first update where to show the run.
    fn open(&self, target: Target, update: &Update<'_>) -> io::Result<Sink> {
        let environment = environment::current(target.is_terminal());
        Ok(match (environment.mode(self.mode), target) {
            (TerminalMode::Quiet, _) => Sink::Nothing,
            (TerminalMode::Tty, target) => {
                let capabilities =
                    Capabilities { pinned: self.is_pinned, ..environment.capabilities() };
                let snapshot = Arc::clone(update.snapshot());
                let run = match target {
                    Target::Writer(out, size) => {
                        ShownRun::open_on(out, size, capabilities, self.keep, snapshot)
                    }
                    Target::Stream(surface) => {
                        ShownRun::open(surface, capabilities, self.keep, snapshot)
                    }
                };
                Sink::Bars(Bars { run: run?, taken: Instant::now(), is_due: false })
            }
            (TerminalMode::Json, Target::Writer(out, _)) => Sink::other(JsonLines::new(out)),
            (TerminalMode::Json, Target::Stream(_)) => Sink::other(JsonLines::stdout()),
            (TerminalMode::Auto | TerminalMode::Plain, target) => {
                let lines = match target {
                    Target::Stream(Surface::Stdout) => Lines::stdout(),
                    Target::Writer(out, _) => Lines::new(out),
                    Target::Stream(_) => Lines::stderr(),
                };
                let lines = lines.github_actions(environment.is_github_actions());
                Sink::other(match self.heartbeat {
                    Some(every) => lines.heartbeat(every),
                    None => lines,
                })
            }
        })
    }
}

impl Sink {
    fn other(reporter: impl Reporter) -> Self {
        Self::Other(Box::new(reporter))
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("mode", &self.mode)
            .field("heartbeat", &self.heartbeat)
            .field("pinned", &self.is_pinned)
            .finish_non_exhaustive()
    }
}

impl Bars {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if update.kind() == UpdateKind::Ended {
            self.run.end(
                Arc::clone(update.snapshot()),
                update.report().cloned(),
                update.limit(),
            )?;
            return Ok(());
        }
        self.is_due = update.kind() == UpdateKind::Transition && self.taken.elapsed() < CROWD;
        if !self.is_due {
            self.run.update(Arc::clone(update.snapshot()));
            self.taken = Instant::now();
        }
        Ok(())
    }
}

impl Reporter for Terminal {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if let Some(target) = self.target.take() {
            self.sink = self.open(target, update)?;
        }
        match &mut self.sink {
            Sink::Nothing => Ok(()),
            Sink::Screen(screen) => {
                screen.report(update, self.keep);
                Ok(())
            }
            Sink::Other(reporter) => reporter.report(update),
            Sink::Bars(bars) => bars.report(update),
        }
    }

    fn heartbeat(&self) -> Option<Duration> {
        match &self.sink {
            Sink::Other(reporter) => reporter.heartbeat(),
            Sink::Bars(Bars { is_due: true, .. }) => Some(Duration::ZERO),
            Sink::Bars(_) | Sink::Screen(_) | Sink::Nothing => None,
        }
    }
}

/// Prints a line to the standard output, above the bars if there are any. It is used like the macro
/// of std.
///
/// The arguments are evaluated first, so they may use `?` and `.await`, and may take their time.
///
/// ```
/// use progress_runtime::terminal::println;
///
/// println!("found {} scenes", 3);
/// ```
///
/// # Panics
/// When the standard output cannot be written to.
#[doc(hidden)]
#[macro_export]
macro_rules! __println {
    () => {
        $crate::Terminal::__print_line(::std::string::String::new())
    };
    ($($arguments:tt)*) => {
        $crate::Terminal::__print_line(::std::format!($($arguments)*))
    };
}

/// Prints a line to the standard error, above the bars if there are any. It is used like the macro
/// of std.
///
/// The arguments are evaluated first, so they may use `?` and `.await`, and may take their time.
///
/// ```
/// use progress_runtime::terminal::eprintln;
///
/// eprintln!("{} scenes are broken", 3);
/// ```
///
/// # Panics
/// When the standard error cannot be written to.
#[doc(hidden)]
#[macro_export]
macro_rules! __eprintln {
    () => {
        $crate::Terminal::__eprint_line(::std::string::String::new())
    };
    ($($arguments:tt)*) => {
        $crate::Terminal::__eprint_line(::std::format!($($arguments)*))
    };
}

#[cfg(test)]
mod tests;
