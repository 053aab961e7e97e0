//! What all adapters share: when the drop of one finishes its share.

use std::io::{self, ErrorKind};

use super::{Length, Progress};
use crate::snapshot::Unit;

/// What the adapter around a share has seen: whether the drop finishes the share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adapter {
    /// There is none.
    None,
    /// It counts. The drop finishes the share of a root of which everything was counted: there is
    /// no step whose result could say so.
    Counting,
    /// An error has passed through it.
    Failed,
    /// Its source is exhausted: the drop finishes the share.
    AtEnd,
}

impl Progress {
    /// An adapter has nothing more to count. If as many units are done as there are to do, all of
    /// the share is earned, and its drop finishes it.
    pub(super) fn end_if_done(&mut self) {
        if self.is_done() {
            self.share.fill();
            self.adapter = Adapter::AtEnd;
        }
    }

    /// A reader has nothing more to read. Without a length its end says how much there was, but
    /// only its drop finishes the share: it may go on elsewhere, after a seek.
    pub(super) fn end_of_bytes(&mut self) {
        if self.length == Length::Unknown && self.adapter == Adapter::Counting {
            self.adapter = Adapter::AtEnd;
        }
        self.end_if_done();
    }

    /// Counts bytes that have passed through an adapter.
    pub(super) fn count_bytes(&mut self, bytes: usize) {
        if bytes > 0 && self.length == Length::Unknown && self.adapter == Adapter::AtEnd {
            self.adapter = Adapter::Counting;
        }
        self.inc(bytes as u64);
    }

    /// The share of an adapter that begins to count.
    pub(super) fn counting(mut self) -> Self {
        self.end_fraction();
        self.share.begin();
        self.adapter = Adapter::Counting;
        self
    }

    /// The share of an adapter that counts bytes.
    pub(super) fn counting_bytes(self) -> Self {
        self.share.set_default_unit(Unit::Bytes);
        self.counting()
    }

    /// Passes a result through an adapter. After an error that is no reason to call again, the drop
    /// does not finish the share.
    pub(super) fn pass<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && !matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock)
        {
            self.adapter = Adapter::Failed;
        }
        result
    }

    /// The share of an adapter that is taken apart: its drop no longer finishes it.
    pub(super) fn keep(mut self) -> Self {
        self.adapter = Adapter::None;
        self
    }
}
