//! Ctrl-C and SIGTERM: the first signal cancels the runs, the second does not wait for them.
//!
//! A thread of its own waits for the signals, so that they also reach a program whose job blocks
//! the executor.

use std::io;
use std::process;
use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};
use std::thread;

use tokio::runtime::Builder;

use crate::Run;
use crate::logging;
use crate::run::RunState;
use crate::sync::lock;

/// The runs that a signal cancels. The first of them starts the thread.
static RUNS: OnceLock<Mutex<Vec<SignalledRun>>> = OnceLock::new();

struct SignalledRun {
    run: Weak<RunState>,
    /// Whether a signal has cancelled the run.
    is_cancelled: bool,
}

#[derive(Clone, Copy, Debug)]
enum Signal {
    Interrupt,
    #[cfg(unix)]
    Terminate,
}

impl Run {
    /// Makes Ctrl-C cancel the run, and SIGTERM too, where there is such a signal.
    ///
    /// The first signal cancels all runs that this was called for. The program goes on, so it can
    /// wait for the runs and say how they ended. A second signal leaves at once, with the exit
    /// status that a shell gives to a program which the signal ended: 130 for Ctrl-C, 143 for
    /// SIGTERM. So does a signal when none of the runs is at work any more. Either way the terminal
    /// is left as it was found.
    ///
    /// A workflow is stopped at its next `.await`. A future under
    /// [`track`](crate::Progress::track) is not, whatever its error type is: it goes on to its end,
    /// unless it asks for the cancel by [`checkpoint`](crate::Progress::checkpoint) or
    /// [`cancellation`](crate::Progress::cancellation).
    ///
    /// Signals belong to the whole process: from the first call on, they do nothing else.
    ///
    /// ```no_run
    /// use progress_runtime::{Lines, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Lines::stderr()).cancel_on_ctrl_c();
    /// # progress.finish();
    /// ```
    pub fn cancel_on_ctrl_c(&self) -> &Self {
        let mut failure = None;
        let runs = RUNS.get_or_init(|| {
            failure = listen().err();
            Mutex::default()
        });
        if let Some(error) = failure {
            logging::warn(format_args!(
                "Ctrl-C ends the program at once, because it cannot be caught: {error}"
            ));
        }
        // Dropped after the lock is released: a run that ends here may drop reporters.
        let mut live = Vec::new();
        let mut runs = lock(runs);
        runs.retain(|known| {
            let run = known.run.upgrade();
            let is_active = run.as_ref().is_some_and(is_active);
            live.extend(run);
            is_active
        });
        if !runs.iter().any(|known| known.run.as_ptr() == Arc::as_ptr(&self.state)) {
            runs.push(SignalledRun { run: Arc::downgrade(&self.state), is_cancelled: false });
            live.push(Arc::clone(&self.state));
        }
        // The bars say what Ctrl-C does to these runs.
        #[cfg(feature = "terminal")]
        crate::reporter::set_interruptible(live.iter().map(|run| run.id().to_owned()).collect());
        drop(runs);
        self.state.changed();
        self
    }
}

/// Starts the thread, and returns when it catches the signals.
fn listen() -> io::Result<()> {
    let (sender, ready) = mpsc::channel();
    thread::Builder::new().name("progress-signals".to_owned()).spawn(move || {
        let runtime = match Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(sender.send(Err(error))),
        };
        runtime.block_on(async {
            let mut signals = match Signals::new() {
                Ok(signals) => signals,
                Err(error) => return drop(sender.send(Err(error))),
            };
            // The other side waits for this.
            let _ = sender.send(Ok(()));
            while let Some(signal) = signals.next().await {
                handle(signal);
            }
        });
    })?;
    ready.recv().unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Cancels the runs that no signal has cancelled yet; leaves if there is none.
fn handle(signal: Signal) {
    let mut cancelled: Vec<Arc<RunState>> = Vec::new();
    if let Some(runs) = RUNS.get() {
        for known in lock(runs).iter_mut().filter(|known| !known.is_cancelled) {
            known.is_cancelled = true;
            cancelled.extend(known.run.upgrade());
        }
    }
    cancelled.retain(is_active);
    if cancelled.is_empty() {
        leave(signal);
    }
    for run in cancelled {
        // On a thread of its own: a reporter that hangs must not block the next signal.
        let cancel = thread::Builder::new().name("progress-cancel".to_owned());
        if cancel.spawn(move || run.cancel()).is_err() {
            leave(signal);
        }
    }
}

fn is_active(run: &Arc<RunState>) -> bool {
    !run.status().is_terminal()
}

#[expect(clippy::exit, reason = "the second signal ends the process at once")]
fn leave(signal: Signal) -> ! {
    #[cfg(feature = "terminal")]
    crate::reporter::leave();
    process::exit(match signal {
        Signal::Interrupt => 130,
        #[cfg(unix)]
        Signal::Terminate => 143,
    })
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> Option<Signal> {
        use futures_util::future::{Either, select};
        let interrupt = std::pin::pin!(self.interrupt.recv());
        let terminate = std::pin::pin!(self.terminate.recv());
        match select(interrupt, terminate).await {
            Either::Left((signal, _)) => signal.map(|()| Signal::Interrupt),
            Either::Right((signal, _)) => signal.map(|()| Signal::Terminate),
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<Signal> {
        tokio::signal::ctrl_c().await.ok().map(|()| Signal::Interrupt)
    }
}
