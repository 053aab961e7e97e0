//! A terminal in memory, for tests.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::keep::Keep;
use super::model::{Model, View};
use super::render::{Canvas, render, summary};
use super::surface::Size;
use crate::reporter::{Update, UpdateKind};
use crate::sync::lock;

/// What a terminal in memory shows: see [`Terminal::in_memory`](super::Terminal::in_memory).
#[derive(Clone)]
pub struct TerminalScreen {
    shown: Arc<Mutex<Option<Shown>>>,
    size: Size,
}

struct Shown {
    model: Model,
    keep: Keep,
}

impl TerminalScreen {
    pub(super) fn new(size: Size) -> Self {
        Self { shown: Arc::default(), size }
    }

    /// The lines on the screen, without colours and without blanks at their ends: the bars of a run
    /// at work, or what stays of one that has ended.
    pub fn text(&self) -> String {
        let (width, height) = self.size;
        let canvas = Canvas { width, height, unicode: true };
        let frame = match &*lock(&self.shown) {
            None => return String::new(),
            Some(Shown { model, keep }) if model.snapshot.status.is_terminal() => {
                summary(model, canvas, *keep, true)
            }
            Some(Shown { model, .. }) => render(&[View { model, now: model.snapshot.now }], canvas),
        };
        frame.text()
    }

    /// Takes the latest state.
    pub(super) fn report(&self, update: &Update<'_>, keep: Keep) {
        let snapshot = Arc::clone(update.snapshot());
        let mut shown = lock(&self.shown);
        let Shown { model, .. } = shown.get_or_insert_with(|| {
            let model = Model::new(Arc::clone(&snapshot));
            Shown { model, keep }
        });
        if update.kind() == UpdateKind::Ended {
            model.report = update.report().cloned();
        }
        model.update(snapshot);
    }
}

impl fmt::Debug for TerminalScreen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TerminalScreen").field("size", &self.size).finish_non_exhaustive()
    }
}
