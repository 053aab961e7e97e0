//! Shares that counted more than their length. The number holds at the end of their range, so only
//! the log tells of them, and the test of a user's workflow.

#[cfg(feature = "testing")]
use std::sync::Mutex;

use super::RunState;
use crate::logging;
use crate::path::Location;
#[cfg(feature = "testing")]
use crate::sync::lock;
use crate::tree::Overrun;

/// The first of them, and where it was.
#[cfg(feature = "testing")]
#[derive(Default)]
pub(super) struct Overruns(Mutex<Option<(Location, Overrun)>>);

/// Tells that a share in this place of the run has ended, and had counted too much.
pub(crate) fn note(run: &RunState, place: &Location, overrun: Overrun) {
    #[cfg(feature = "testing")]
    lock(&run.overruns.0).get_or_insert_with(|| (place.clone(), overrun));
    #[cfg(not(feature = "testing"))]
    let _ = (run, place);
    let Overrun { done, length } = overrun;
    logging::debug(format_args!(
        "a share counted {done} units of {length}: held at the end of its range"
    ));
}

#[cfg(feature = "testing")]
impl RunState {
    /// The first share that had counted too much, and the place that it was in.
    pub(crate) fn first_overrun(&self) -> Option<(Location, Overrun)> {
        lock(&self.overruns.0).clone()
    }
}
