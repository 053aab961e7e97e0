//! The display: bars in a terminal, plain lines in a log, and nothing that either must not have.
//!
//! Snapshots go into a [`model`], which remembers what they forget; [`rows`] says what there is to tell of each
//! step, and [`render`] lays it out: a pure function from the model to a [`frame`]. A [`screen`] knows the bytes
//! from one frame to the next. The [`display`] is what is left: one thread for the process, and turns.

mod cells;
mod countdown;
mod display;
mod frame;
mod model;
mod pace;
mod pinned;
mod render;
mod rows;
mod screen;
mod signs;
mod surroundings;
mod taskbar;
mod writer;

use std::fmt;
use std::io::{self, IsTerminal};
use std::str::FromStr;
use std::time::{Duration, Instant};

use display::Seat;
#[cfg(feature = "signal")]
pub(crate) use display::leave;
use surroundings::{Abilities, Surroundings};
pub use writer::TerminalWriter;

use super::{JsonLines, Lines, ReportError, Reporter, Update, UpdateKind};

/// Shows runs as the place asks for: bars in a terminal, plain lines in a log, JSON lines for a program.
///
/// ```no_run
/// use progress_runtime::{Run, Terminal};
///
/// let (run, progress) = Run::start("Import");
/// run.report_to(Terminal::stderr());
/// # progress.finish();
/// ```
///
/// In a terminal, each step has its state, its count, its bar and its time; what has ended folds away, what does
/// not fit is counted, and what failed is still there at the end:
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
/// It draws from a thread of its own, at most 15 times a second, from 300 ms on: a quick job prints its result
/// and nothing else. All runs of the process share one display. The size of the terminal is read for each frame,
/// and a terminal that fails harms no run. Nothing is ever written to the standard output.
///
/// # Modes
///
/// The [mode](TerminalMode) is chosen by [`mode`](Self::mode), or else by the variable `PROGRESS`, or else by
/// the place: bars are drawn where the standard error is a terminal, `TERM` is not `dumb`, and `CI` is not set.
/// `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` decide on colour and on nothing else. In GitHub Actions plain lines
/// come in a group for each step, and failures as annotations.
///
/// # Printing
///
/// The bars stand below the cursor, and are drawn anew from wherever it is by then. So whatever comes past them
/// moves them down, and is never drawn over: a `println!` of std's, a library in another language, a child process,
/// a key that is typed, a terminal that is resized, a job that was stopped and goes on. One thing cannot be seen to:
/// of several lines that come at once, between two frames, those after the first (after the second, in a terminal of
/// 20 rows or more) may have the rest of a bar behind them.
///
/// What goes through the log's [`writer`](Self::writer), through [`suspend`](Self::suspend), or through the macros
/// [`println!`](crate::println) and [`eprintln!`](crate::eprintln), which are drop-in, stands above the bars unbroken,
/// however much it is, and so do panics. [`pinned`](Self::pinned) bars let everything else through unbroken too.
///
/// A process that is killed, or leaves by `std::process::exit`, leaves its last bars below the shell's prompt.
pub struct Terminal {
    asked: TerminalMode,
    heartbeat: Option<Duration>,
    pinned: bool,
    sink: Sink,
}

/// How progress is shown.
///
/// ```
/// use progress_runtime::TerminalMode;
///
/// assert_eq!("plain".parse(), Ok(TerminalMode::Plain));
/// assert_eq!(TerminalMode::Tty.to_string(), "tty");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TerminalMode {
    /// As the place asks for: see [`Terminal`].
    #[default]
    Auto,
    /// Bars, wherever they go.
    Tty,
    /// One line for each change of a state, and a heartbeat: see [`Lines`].
    Plain,
    /// One snapshot a line: see [`JsonLines`].
    Json,
    /// Nothing at all.
    Quiet,
}

/// A name that no [`TerminalMode`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMode(String);

/// Where it goes, once that is decided.
enum Sink {
    Undecided,
    /// Bars, when the latest snapshot was taken, and whether another is due.
    Tty {
        seat: Seat,
        taken: Instant,
        due: bool,
    },
    Other(Box<dyn Reporter>),
    Nothing,
}

/// States that follow each other faster than this are looked at later, all at once.
const CROWD: Duration = Duration::from_millis(2);

impl Terminal {
    /// Shows runs on the standard error.
    pub fn stderr() -> Self {
        Self { asked: TerminalMode::Auto, heartbeat: None, pinned: false, sink: Sink::Undecided }
    }

    /// Shows them in this way, whatever `PROGRESS` and the place say.
    ///
    /// ```
    /// use progress_runtime::{Run, Terminal, TerminalMode};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Terminal::stderr().mode(TerminalMode::Quiet));
    /// # progress.finish();
    /// ```
    #[must_use]
    pub fn mode(mut self, mode: TerminalMode) -> Self {
        self.asked = mode;
        self
    }

    /// Pins the bars to the bottom of the screen: all that is printed scrolls above them unbroken, however much comes
    /// at once, also by std's own `println!`, by libraries in other languages, and by child processes.
    ///
    /// For that the terminal is told to scroll less than the whole screen, which has to be undone. The end of the
    /// run does so, and a signal that [`Run::cancel_on_ctrl_c`] hears; a kill, an abort or an early
    /// `std::process::exit` does not, and leaves it to the user to say `reset`. So this is not the default.
    /// The first run that is shown decides for all.
    ///
    /// [`Run::cancel_on_ctrl_c`]: crate::Run#method.cancel_on_ctrl_c
    #[must_use]
    pub fn pinned(mut self) -> Self {
        self.pinned = true;
        self
    }

    /// The longest time without a line in a plain log; 10 seconds where nothing else is said.
    #[must_use]
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = Some(every);
        self
    }

    /// A writer for the log, whose lines stand above the bars; where there are none it is the standard error.
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

    /// Whether the standard error is to be coloured, by the terminal and by `NO_COLOR`, `CLICOLOR` and
    /// `CLICOLOR_FORCE`: as the bars are, so is the log.
    pub fn has_colour() -> bool {
        surroundings().abilities().colour
    }

    /// Takes the bars away while `f` prints, and puts them back below.
    ///
    /// ```
    /// use progress_runtime::Terminal;
    ///
    /// Terminal::suspend(|| println!("found 3 scenes"));
    /// ```
    pub fn suspend<R>(f: impl FnOnce() -> R) -> R {
        display::suspend(f)
    }

    fn open(&self, update: &Update<'_>) -> io::Result<Sink> {
        let surroundings = surroundings();
        Ok(match surroundings.mode(self.asked) {
            TerminalMode::Auto | TerminalMode::Plain => {
                let lines = Lines::stderr().github_actions(surroundings.is_github_actions());
                Sink::Other(Box::new(match self.heartbeat {
                    Some(every) => lines.heartbeat(every),
                    None => lines,
                }))
            }
            TerminalMode::Json => Sink::Other(Box::new(JsonLines::new(io::stderr()))),
            TerminalMode::Quiet => Sink::Nothing,
            TerminalMode::Tty => {
                let can = || Abilities { pinned: self.pinned, ..surroundings.abilities() };
                let display = display::display(can);
                let seat = Seat::take(display, update.snapshot().clone())?;
                Sink::Tty { seat, taken: Instant::now(), due: false }
            }
        })
    }
}

/// What this process runs in.
fn surroundings() -> Surroundings<impl Fn(&str) -> Option<String>> {
    let var = |name: &str| std::env::var_os(name).map(|it| it.to_string_lossy().into_owned());
    Surroundings { var, terminal: io::stderr().is_terminal() }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("mode", &self.asked).finish_non_exhaustive()
    }
}

impl Reporter for Terminal {
    fn report(&mut self, update: &Update<'_>) -> Result<(), ReportError> {
        if let Sink::Undecided = self.sink {
            self.sink = self.open(update)?;
        }
        match &mut self.sink {
            Sink::Undecided | Sink::Nothing => {}
            Sink::Other(reporter) => reporter.report(update)?,
            Sink::Tty { seat, .. } if update.kind() == UpdateKind::Ended => {
                seat.end(update.snapshot().clone(), update.report().cloned())?;
            }
            Sink::Tty { seat, taken, due } => {
                *due = update.kind() == UpdateKind::Transition && taken.elapsed() < CROWD;
                if !*due {
                    seat.update(update.snapshot().clone());
                    *taken = Instant::now();
                }
            }
        }
        Ok(())
    }

    fn heartbeat(&self) -> Option<Duration> {
        match &self.sink {
            Sink::Other(reporter) => reporter.heartbeat(),
            Sink::Tty { due: true, .. } => Some(Duration::ZERO),
            _ => None,
        }
    }
}

impl FromStr for TerminalMode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        const MODES: [TerminalMode; 5] = [
            TerminalMode::Auto,
            TerminalMode::Tty,
            TerminalMode::Plain,
            TerminalMode::Json,
            TerminalMode::Quiet,
        ];
        let named = |mode: &TerminalMode| mode.as_str().eq_ignore_ascii_case(name.trim());
        MODES.into_iter().find(named).ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

impl TerminalMode {
    /// The name of the mode.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Tty => "tty",
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Quiet => "quiet",
        }
    }
}

impl fmt::Display for TerminalMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no mode {:?}, only auto, tty, plain, json and quiet", self.0)
    }
}

impl std::error::Error for UnknownMode {}

/// Prints a line to the standard output, as std's macro of this name does, above the bars where there are any.
///
/// ```
/// use progress_runtime::println;
///
/// println!("found {} scenes", 3);
/// ```
#[macro_export]
macro_rules! println {
    ($($arguments:tt)*) => {
        $crate::Terminal::suspend(|| ::std::println!($($arguments)*))
    };
}

/// Prints a line to the standard error, as std's macro of this name does, above the bars where there are any.
///
/// ```
/// use progress_runtime::eprintln;
///
/// eprintln!("{} scenes are broken", 3);
/// ```
#[macro_export]
macro_rules! eprintln {
    ($($arguments:tt)*) => {
        $crate::Terminal::suspend(|| ::std::eprintln!($($arguments)*))
    };
}

#[cfg(test)]
mod tests;
