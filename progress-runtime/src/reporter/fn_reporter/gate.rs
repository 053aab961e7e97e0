//! When to call the function, and with what.

use std::time::Duration;

/// The arguments of a call; percents are in basis points.
#[derive(Debug, PartialEq)]
pub(super) struct Call<'a> {
    pub(super) percent: Option<u16>,
    pub(super) message: Option<&'a str>,
    pub(super) is_end: bool,
}

/// Lets through what has changed, as often as it is asked to.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Calls are made when another multiple of so many basis points is passed.
    pub(super) step: Option<u16>,
    /// The least time between two calls.
    pub(super) pause: Duration,
    /// What is left of the pause, where a change waits for its end.
    pub(super) wait: Option<Duration>,
    /// The number and the message of the latest call, and when it was made.
    percent: Option<u16>,
    message: String,
    called: Option<u64>,
}

impl Gate {
    /// The call to be made for a state at the moment `now`, in milliseconds.
    pub(super) fn pass<'a>(
        &mut self,
        now: u64,
        percent: u16,
        message: &'a str,
        is_end: bool,
    ) -> Option<Call<'a>> {
        let has_moved = self.percent != Some(percent);
        let has_message = self.message != message;
        self.wait = None;
        if !is_end {
            if !(has_moved || has_message) || !self.passes_step(percent) {
                return None;
            }
            self.wait = self.rest_of_pause(now);
            if self.wait.is_some() {
                return None;
            }
        }
        self.percent = Some(percent);
        self.called = Some(now);
        if has_message {
            message.clone_into(&mut self.message);
        }
        Some(Call {
            percent: (has_moved || is_end).then_some(percent),
            message: (has_message || is_end && !message.is_empty()).then_some(message),
            is_end,
        })
    }

    /// Whether another full step was passed since the latest call.
    fn passes_step(&self, percent: u16) -> bool {
        let before = self.percent.unwrap_or_default();
        self.step.is_none_or(|step| percent / step > before / step)
    }

    fn rest_of_pause(&self, now: u64) -> Option<Duration> {
        let since = Duration::from_millis(now.saturating_sub(self.called?));
        self.pause.checked_sub(since).filter(|rest| !rest.is_zero())
    }
}
