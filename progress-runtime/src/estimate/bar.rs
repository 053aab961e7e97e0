//! What is shown of an estimate: a bar that never goes back, and a time that is left without
//! jumps.

/// The bar catches up in this part of the run, and never faster than in this many seconds.
const CATCH_UP: f64 = 0.02;
const CATCH_UP_SECONDS: f64 = 0.25;

/// A bar that is ahead never moves slower than this part of the pace that ends with the estimate.
/// One that stands still looks as if the work had stopped.
const SLOWEST: f64 = 0.3;

/// Only a run that has ended well is at 1.
const MOST: f64 = 0.9999;

/// A bar, as it is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bar {
    /// From 0 to 0.9999.
    pub(super) shown: f64,
    /// The time that is said to be left, in seconds. `None` before the first look.
    pub(super) said: Option<f64>,
    /// The moment of the last look, in seconds since the run began.
    at: f64,
}

impl Bar {
    /// Moves on to the moment `at`, when `left` seconds are left.
    pub(super) fn look(&mut self, at: f64, left: f64) {
        let since = at - self.at;
        if since <= 0.0 {
            return;
        }
        let total = at + left;
        let done = at / total;
        let caught_up = 1.0 - (-since / (CATCH_UP * total).max(CATCH_UP_SECONDS)).exp();

        // The pace of an honest bar.
        let mut moved = self.shown + since / total;
        if moved < done {
            moved += (done - moved) * caught_up;
        } else {
            let slowly = SLOWEST * since * (1.0 - self.shown) / left.max(since);
            moved = done.max(self.shown + slowly);
        }
        self.shown = self.shown.max(moved.min(MOST));

        self.said = Some(match self.said {
            None => left,
            Some(said) => {
                let said = (said - since).max(0.0);
                said + (left - said) * caught_up
            }
        });
        self.at = at;
    }
}
