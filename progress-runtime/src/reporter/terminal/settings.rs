//! The settings of a terminal: where it is, and how it looks.

use std::io::Write;
use std::time::Duration;

use super::in_memory::TerminalScreen;
use super::keep::Keep;
use super::mode::TerminalMode;
use super::surface::Surface;
use super::target::Target;
use super::{Sink, Terminal};

impl Terminal {
    /// Shows runs on the standard error, or JSON on the standard output.
    pub fn stderr() -> Self {
        Self::at(Target::Stream(Surface::Stderr))
    }

    /// Shows runs on the standard output, whatever the mode: for a program whose output is its
    /// progress. The first run that is shown decides for all on which of the two streams the bars
    /// are.
    ///
    /// ```no_run
    /// use progress_runtime::{Run, Terminal};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Terminal::stdout());
    /// # progress.finish();
    /// ```
    pub fn stdout() -> Self {
        Self::at(Target::Stream(Surface::Stdout))
    }

    /// Shows one run on another writer: a file, a socket, the terminal of an SSH session. Nobody
    /// knows whether a terminal is behind it, so that it gets plain lines unless the
    /// [mode](Self::mode) is set. Bars then fit a terminal of 80 columns and 24 rows, or of this
    /// [`size`](Self::size).
    ///
    /// ```
    /// use progress_runtime::{Run, Terminal};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Terminal::to(Vec::new()));
    /// # progress.finish();
    /// ```
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self::at(Target::writer(out))
    }

    /// A terminal of so many columns and rows in memory, for tests of what users see, and its
    /// screen. Nothing is drawn and nobody waits: the screen shows the latest state that the run has
    /// reported. The steps of a run on a [`ManualClock`](crate::ManualClock) are reported at each
    /// advance of that clock.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use progress_runtime::{ManualClock, Run, Terminal};
    ///
    /// let clock = ManualClock::new();
    /// let (run, mut progress) = Run::builder("Import").clock(&clock).start();
    /// let (terminal, screen) = Terminal::in_memory(60, 24);
    /// run.report_to(terminal);
    /// progress.set_length(8);
    /// progress.inc(2);
    /// clock.advance(Duration::from_secs(3));
    /// assert_eq!(screen.text(), "Import  ━━━━━━━╸──────────────────────  25%  2/8  3s");
    /// progress.finish_with("8 files");
    /// assert_eq!(screen.text(), "✓ Import  8 files · completed in 3s");
    /// ```
    pub fn in_memory(width: usize, height: usize) -> (Self, TerminalScreen) {
        let screen = TerminalScreen::new((width, height));
        let sink = Sink::Screen(screen.clone());
        (Self { target: None, sink, ..Self::stderr() }, screen)
    }

    fn at(target: Target) -> Self {
        Self {
            mode: TerminalMode::Auto,
            heartbeat: None,
            is_pinned: false,
            keep: Keep::default(),
            target: Some(target),
            sink: Sink::Nothing,
        }
    }

    /// Sets what the bars leave on the screen at the end. The default is [`Keep::Steps`]. Plain
    /// lines and JSON stay as they are.
    ///
    /// ```
    /// use progress_runtime::reporter::Keep;
    /// use progress_runtime::{Run, Terminal};
    ///
    /// let (run, progress) = Run::start("Import");
    /// let (terminal, screen) = Terminal::in_memory(80, 24);
    /// run.report_to(terminal.keep(Keep::Nothing));
    /// progress.finish();
    /// assert_eq!(screen.text(), "");
    /// ```
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// Sets the size of the terminal behind another writer, in columns and rows. The streams of the
    /// process say for themselves how large their terminal is.
    ///
    /// ```
    /// use progress_runtime::reporter::TerminalMode;
    /// use progress_runtime::{Run, Terminal};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Terminal::to(Vec::new()).mode(TerminalMode::Tty).size(120, 40));
    /// # progress.finish();
    /// ```
    #[must_use]
    pub fn size(mut self, width: usize, height: usize) -> Self {
        if let Some(Target::Writer(_, size)) = &mut self.target {
            *size = (width, height);
        }
        self
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
}
