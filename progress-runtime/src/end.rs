//! The one type for how a share, a sub-job or a run ended.

use std::sync::Arc;

/// How a share, a sub-job or a run ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// It did its work, so the share closes full.
    Completed,
    /// It failed, with the error's text if that is known. The share keeps its value.
    Failed(Option<Arc<str>>),
    /// It panicked. This is a failure even while the run is being cancelled.
    Panicked(Arc<str>),
    /// It was stopped. The share keeps its value.
    Cancelled,
}

impl End {
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::Panicked(_))
    }

    /// The text of the error or of the panic.
    pub(crate) fn error(&self) -> Option<&Arc<str>> {
        match self {
            Self::Failed(text) => text.as_ref(),
            Self::Panicked(text) => Some(text),
            Self::Completed | Self::Cancelled => None,
        }
    }
}
