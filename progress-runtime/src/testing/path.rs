//! The ways to play a workflow.

use std::fmt;
use std::panic::Location;

/// One way to play a workflow. Polls and points are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    ToTheEnd,
    CancelBeforePoll(usize),
    DropBeforePoll(usize),
    At(usize, Happens),
}

/// What happens at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happens {
    Failure,
    Panic,
    Cancel,
    Drop,
}

impl Happens {
    pub(super) const ALL: [Self; 4] = [Self::Failure, Self::Panic, Self::Cancel, Self::Drop];
}

impl Path {
    /// Whether the test lets an error or a panic happen, which the workflow may pass on as a panic.
    pub(super) fn has_fault(self) -> bool {
        matches!(self, Self::At(_, Happens::Failure | Happens::Panic))
    }

    /// The path as a message names it. `points` are those that the workflow passes on its way.
    pub(super) fn describe(self, points: &[&'static Location<'static>]) -> String {
        struct Place(usize, Option<&'static Location<'static>>);
        impl fmt::Display for Place {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "point {}", self.0 + 1)?;
                self.1.map_or(Ok(()), |place| write!(f, " ({}:{})", place.file(), place.line()))
            }
        }
        match self {
            Self::ToTheEnd => "played to its end".to_owned(),
            Self::CancelBeforePoll(poll) => format!("cancelled before poll {}", poll + 1),
            Self::DropBeforePoll(poll) => format!("dropped before poll {}", poll + 1),
            Self::At(point, happens) => {
                let place = Place(point, points.get(point).copied());
                match happens {
                    Happens::Failure => format!("failing at {place}"),
                    Happens::Panic => format!("panicking at {place}"),
                    Happens::Cancel => format!("cancelled at {place}"),
                    Happens::Drop => format!("dropped at {place}"),
                }
            }
        }
    }
}
