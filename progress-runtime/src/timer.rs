//! Waiting: on tokio's clock inside a tokio runtime, on a thread of its own elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::sync::lock;

/// Waits for a while.
///
/// # Panics
/// Inside a tokio runtime that was built without its time driver, as tokio's own `sleep` does.
pub(crate) fn sleep(time: Duration) -> Sleep {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Sleep::Tokio(Box::pin(tokio::time::sleep(time))),
        Err(_) => Sleep::Thread { time: Some(time), state: Arc::default() },
    }
}

pub(crate) enum Sleep {
    Tokio(Pin<Box<tokio::time::Sleep>>),
    Thread { time: Option<Duration>, state: Arc<Mutex<State>> },
}

#[derive(Default)]
pub(crate) struct State {
    over: bool,
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
                    if state.over {
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

/// Outside of a runtime such waits are few and long (a pause before a retry), so each has its own
/// thread.
fn start(time: Duration, state: Arc<Mutex<State>>) {
    let ring = Arc::clone(&state);
    let spawned = thread::Builder::new().name("progress-timer".to_owned()).spawn(move || {
        thread::sleep(time);
        wake(&ring);
    });
    if let Err(error) = spawned {
        log::warn!("no thread to wait on, so there is no wait: {error}");
        wake(&state);
    }
}

fn wake(state: &Mutex<State>) {
    let waker = {
        let mut state = lock(state);
        state.over = true;
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
    fn a_wait_needs_no_runtime() {
        futures::executor::block_on(sleep(Duration::from_millis(1)));
    }
}
