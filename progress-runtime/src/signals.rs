//! Ctrl-C and SIGTERM: the first asks the runs to stop, the second does not wait for them.
//!
//! The signals are heard by a thread of its own, so that a job that blocks the executor can be left too.

use std::io;
use std::process;
use std::sync::{Arc, Mutex, OnceLock, Weak, mpsc};
use std::thread;

use tokio::runtime::Builder;

use crate::Run;
use crate::run::RunState;
use crate::sync::lock;

static LISTENER: OnceLock<Mutex<Vec<Heard>>> = OnceLock::new();

/// A run that hears the signals.
struct Heard {
    run: Weak<RunState>,
    asked: bool,
}

#[derive(Clone, Copy, Debug)]
enum Signal {
    Interrupt,
    #[cfg(unix)]
    Terminate,
}

impl Run {
    /// Has Ctrl-C cancel the run; SIGTERM too, where there is such a thing.
    ///
    /// The first signal cancels all runs that hear it, and the program goes on: it waits for them, and says how
    /// they ended. A second one leaves at once, with the exit status that a shell gives to a program which the
    /// signal ended: 130 for Ctrl-C, 143 for SIGTERM. So does a signal when none of the runs is at work any
    /// more. Either way the terminal is left as it was found.
    ///
    /// The signals are the whole process's: from the first call on, they do nothing else.
    ///
    /// ```no_run
    /// use progress_runtime::{Lines, Run};
    ///
    /// let (run, progress) = Run::start("Import");
    /// run.report_to(Lines::stderr()).cancel_on_ctrl_c();
    /// # progress.finish();
    /// ```
    pub fn cancel_on_ctrl_c(&self) -> &Self {
        let heard = LISTENER.get_or_init(|| {
            if let Err(error) = listen() {
                log::warn!("Ctrl-C ends the program at once, as it cannot be listened to: {error}");
            }
            Mutex::default()
        });
        let mut heard = lock(heard);
        heard.retain(|known| known.run.upgrade().is_some_and(|run| !run.status().is_terminal()));
        if !heard.iter().any(|known| known.run.as_ptr() == Arc::as_ptr(&self.state)) {
            heard.push(Heard { run: Arc::downgrade(&self.state), asked: false });
        }
        drop(heard);
        // Reporters show what Ctrl-C does.
        self.state.changed();
        self
    }
}

/// Whether the run of this id hears the signals.
#[cfg(feature = "terminal")]
pub(crate) fn is_heard(id: &str) -> bool {
    let is = |known: &Heard| known.run.upgrade().is_some_and(|run| run.id() == id);
    LISTENER.get().is_some_and(|heard| lock(heard).iter().any(is))
}

/// Starts the thread, and returns when it hears the signals.
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
            // Whoever waits for it is there until it has come.
            let _ = sender.send(Ok(()));
            while let Some(signal) = signals.next().await {
                obey(signal);
            }
        });
    })?;
    ready.recv().unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Cancels the runs that were not yet asked to stop; leaves where there is none.
fn obey(signal: Signal) {
    let mut asked = Vec::new();
    if let Some(heard) = LISTENER.get() {
        for known in lock(heard).iter_mut().filter(|known| !known.asked) {
            let run = known.run.upgrade().filter(|run| !run.status().is_terminal());
            known.asked = true;
            asked.extend(run);
        }
    }
    if asked.is_empty() {
        leave(signal);
    }
    for run in asked {
        // A reporter that hangs must not keep the next signal from being heard.
        let cancel = thread::Builder::new().name("progress-cancel".to_owned());
        if cancel.spawn(move || run.cancel()).is_err() {
            leave(signal);
        }
    }
}

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
