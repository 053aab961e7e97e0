//! How something ended.

use std::sync::Arc;

/// How a share, a sub-job or a run ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// It did its work: the share closes full.
    Completed,
    /// It failed, with the error's text where that is known: the share stays where it is.
    Failed(Option<Arc<str>>),
    /// It panicked: a failure, also where the run was being cancelled.
    Panicked(Arc<str>),
    /// It was stopped: the share stays where it is.
    Cancelled,
}

impl End {
    /// The text of the error or of the panic.
    pub(crate) fn error(&self) -> Option<&Arc<str>> {
        match self {
            Self::Failed(text) => text.as_ref(),
            Self::Panicked(text) => Some(text),
            Self::Completed | Self::Cancelled => None,
        }
    }
}
