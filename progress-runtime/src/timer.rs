//! Timed waits: on tokio's clock inside a tokio runtime, on a thread of their own elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::logging;
use crate::sync::lock;

/// Waits for `time`.
///
/// # Panics
/// Panics inside a tokio runtime that was built without its time driver, as tokio's `sleep` does.
pub(crate) fn sleep(time: Duration) -> Sleep {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Sleep::Tokio(Box::pin(tokio::time::sleep(time))),
        Err(_) => Sleep::Thread { time: Some(time), state: Arc::default() },
    }
}

pub(crate) enum Sleep {
    Tokio(Pin<Box<tokio::time::Sleep>>),
    Thread { time: Option<Duration>, state: Arc<Mutex<TimerState>> },
}

#[derive(Default)]
pub(crate) struct TimerState {
    elapsed: bool,
    waker: Option<Waker>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut() {
            Self::Tokio(sleep) => sleep.as_mut().poll(cx),
            Self::Thread { time, state } => {
                {
                    let mut state = lock(state);
                    if state.elapsed {
                        return Poll::Ready(());
                    }
                    state.waker = Some(cx.waker().clone());
                }
                if let Some(time) = time.take() {
                    start(time, Arc::clone(state));
                }
                Poll::Pending
            }
        }
    }
}

/// Starts a thread that sleeps. Outside of a runtime, waits are few and long, such as the pause
/// before a retry, so each of them can have its own thread.
fn start(time: Duration, state: Arc<Mutex<TimerState>>) {
    let shared = Arc::clone(&state);
    let spawned = thread::Builder::new().name("progress-timer".to_owned()).spawn(move || {
        thread::sleep(time);
        wake(&shared);
    });
    if let Err(error) = spawned {
        logging::warn(format_args!("a pause is skipped, because its thread cannot start: {error}"));
        wake(&state);
    }
}

fn wake(state: &Mutex<TimerState>) {
    let waker = {
        let mut state = lock(state);
        state.elapsed = true;
        state.waker.take()
    };
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_works_without_a_runtime() {
        futures::executor::block_on(sleep(Duration::from_millis(1)));
    }
}
