//! Stands in for the module `history` where the feature of that name is off: there is no history to
//! keep, so all code that would use one is known to be unreachable.

use crate::estimate::Record;

#[derive(Clone, Debug)]
pub(crate) enum History {}

impl History {
    pub(crate) fn records(&self, _workflow: &str) -> Vec<Record> {
        match *self {}
    }

    pub(crate) fn append(&self, _workflow: &str, _record: &Record) {
        match *self {}
    }
}

pub(crate) fn host() -> Option<String> {
    None
}
