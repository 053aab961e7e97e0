//! The permissions of a router's visitors.

/// Whether runs can be cancelled, or only watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    Full,
    ReadOnly,
}

impl Access {
    pub(crate) fn is_read_only(self) -> bool {
        self == Self::ReadOnly
    }
}
