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
mod mode;
mod model;
mod output;
mod pace;
mod painter;
mod pinned;
mod render;
mod rows;
mod screen;
mod size;
mod symbols;
mod taskbar;
mod writer;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::display::ShownRun;
use self::environment::Capabilities;
#[cfg(feature = "signal")]
pub(crate) use self::hint::set_interruptible;
pub use self::mode::{TerminalMode, UnknownMode};
#[cfg(feature = "signal")]
pub(crate) use self::output::leave;
use self::painter::OutputStream;
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
/// through the macros [`println!`](crate::terminal::println) and [`eprintln!`](crate::terminal::eprintln) stands above
/// the bars unbroken, however much it is, and so do panics. [`pinned`](Self::pinned) bars let
/// everything else through unbroken too.
///
/// A process that is killed, or leaves by `std::process::exit`, leaves its last bars below the
/// shell's prompt.
pub struct Terminal {
    mode: TerminalMode,
    heartbeat: Option<Duration>,
    is_pinned: bool,
    sink: Sink,
}

/// Where updates go.
enum Sink {
    /// It is decided with the first update.
    Undecided,
    Bars(Bars),
    Other(Box<dyn Reporter>),
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
    /// Shows runs on the standard error, or JSON on the standard output.
    pub fn stderr() -> Self {
        Self { mode: TerminalMode::Auto, heartbeat: None, is_pinned: false, sink: Sink::Undecided }
    }

    /// Sets the mode, whatever `PROGRESS` and the environment say.
    ///
    /// A program's `--progress` is a [`TerminalMode`], which is read from its name:
    ///
    /// ```
    /// use progress_runtime::reporter::TerminalMode;
    /// use progress_runtime::{Run, Terminal};
    ///
    /// let mode: TerminalMode = std::env::args().nth(1).as_deref().unwrap_or("auto").parse()?;
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Terminal::stderr().mode(mode));
    /// # progress.finish();
    /// # Ok::<(), progress_runtime::reporter::UnknownMode>(())
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: TerminalMode) -> Self {
        self.mode = mode;
        self
    }

    /// Pins the bars to the bottom of the screen: everything that is printed scrolls above them
    /// unbroken, however much comes at once, even from std's own `println!`, from libraries in
    /// other languages, and from child processes.
    ///
    /// For that, the terminal scrolls only a part of the screen, which has to be undone. The end of
    /// the run does so, and so does a signal that [`Run::cancel_on_ctrl_c`] handles. A kill, an
    /// abort or an early `std::process::exit` does not, and the user has to type `reset`. So bars
    /// are not pinned by default. The first run that is shown decides for all.
    ///
    /// [`Run::cancel_on_ctrl_c`]: crate::Run#method.cancel_on_ctrl_c
    #[must_use]
    pub fn pinned(mut self) -> Self {
        self.is_pinned = true;
        self
    }

    /// Sets the longest time without a line in a plain log. The default is 10 seconds.
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = Some(every);
        self
    }

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
        environment::current().capabilities().colour
    }

    /// Hides the bars while `f` runs, for instance to ask the user something.
    ///
    /// Jobs go on meanwhile. Lines that other threads write to the [`writer`](Self::writer), or
    /// print by [`println!`](crate::terminal::println) and [`eprintln!`](crate::terminal::eprintln), wait until `f` has
    /// returned.
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

    fn open(&self, update: &Update<'_>) -> io::Result<Sink> {
        let environment = environment::current();
        Ok(match environment.mode(self.mode) {
            TerminalMode::Auto | TerminalMode::Plain => {
                let lines = Lines::stderr().github_actions(environment.is_github_actions());
                Sink::Other(Box::new(match self.heartbeat {
                    Some(every) => lines.heartbeat(every),
                    None => lines,
                }))
            }
            TerminalMode::Json => Sink::Other(Box::new(JsonLines::stdout())),
            TerminalMode::Quiet => Sink::Nothing,
            TerminalMode::Tty => {
                let pinned = self.is_pinned;
                let capabilities = || Capabilities { pinned, ..environment.capabilities() };
                let run = ShownRun::open(capabilities, Arc::clone(update.snapshot()))?;
                Sink::Bars(Bars { run, taken: Instant::now(), is_due: false })
            }
        })
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
            self.run.end(Arc::clone(update.snapshot()), update.report().cloned())?;
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
        if let Sink::Undecided = self.sink {
            self.sink = self.open(update)?;
        }
        match &mut self.sink {
            Sink::Undecided | Sink::Nothing => Ok(()),
            Sink::Other(reporter) => reporter.report(update),
            Sink::Bars(bars) => bars.report(update),
        }
    }

    fn heartbeat(&self) -> Option<Duration> {
        match &self.sink {
            Sink::Other(reporter) => reporter.heartbeat(),
            Sink::Bars(Bars { is_due: true, .. }) => Some(Duration::ZERO),
            Sink::Bars(_) | Sink::Undecided | Sink::Nothing => None,
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
