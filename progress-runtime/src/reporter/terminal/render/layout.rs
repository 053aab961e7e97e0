//! The canvas, and what every line on it is made of.

use crate::reporter::terminal::cells;
use crate::reporter::terminal::frame::{FrameLine, Tone};
use crate::reporter::terminal::hint::Hint;
use crate::reporter::terminal::symbols::Symbols;

/// The longest line.
const MAX_WIDTH: usize = 119;

/// The room on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Canvas {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) unicode: bool,
}

/// The room for lines and rows, and the symbols to draw them with.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) symbols: &'static Symbols,
    /// The width up to which whole texts go on in further lines, where they do.
    pub(super) wrap: Option<usize>,
    unicode: bool,
}

impl Layout {
    /// Leaves a row and a column free: with text in the last column, terminals disagree on where
    /// the cursor is. Lines have a limit, because text far away from its name is hard to read.
    pub(super) fn new(canvas: Canvas) -> Self {
        Self {
            width: canvas.width.saturating_sub(1).clamp(1, MAX_WIDTH),
            height: canvas.height.saturating_sub(1).max(1),
            symbols: Symbols::new(canvas.unicode),
            wrap: None,
            unicode: canvas.unicode,
        }
    }

    /// The layout of what stays on the screen: no text is cut that says how the run has ended,
    /// unless lines are too short for words.
    pub(super) fn of_summary(canvas: Canvas) -> Self {
        let wrap = canvas.width.checked_sub(1).filter(|width| *width >= 20);
        Self { wrap, ..Self::new(canvas) }
    }

    /// The whole text in lines of at most so many cells.
    pub(super) fn wrap(&self, text: &str, cells: usize) -> Vec<String> {
        cells::wrap(text, cells, self.unicode)
    }

    /// The text in at most so many cells.
    pub(super) fn fit(&self, text: &str, cells: usize) -> String {
        cells::fit(text, cells, self.unicode)
    }

    /// Adds as much of a text as fits the line.
    pub(super) fn push(&self, line: &mut FrameLine, text: &str, tone: Tone) {
        line.push(self.fit(text, self.room(line)), tone);
    }

    /// The cells that are left on a line.
    pub(super) fn room(&self, line: &FrameLine) -> usize {
        self.width.saturating_sub(line.width())
    }

    /// Adds a bar of so many cells. A cell counts for two, as there is a symbol for half of it.
    pub(super) fn bar(&self, line: &mut FrameLine, progress: u16, cells: usize, tone: Tone) {
        let halves = usize::from(progress.min(10_000)) * cells * 2 / 10_000;
        let (full, half) = (halves / 2, halves % 2);
        line.push(self.symbols.full.repeat(full), tone);
        line.push(self.symbols.half.repeat(half), tone);
        line.push(self.symbols.empty.repeat(cells - full - half), Tone::Dim);
    }

    /// Adds what Ctrl-C does at the end of a line, if there is room for it.
    pub(super) fn hint(&self, hint: Hint, line: &mut FrameLine) {
        let text = match hint {
            Hint::None => return,
            Hint::Cancel => "ctrl-c to cancel",
            Hint::Leave => "ctrl-c to leave at once",
        };
        if line.width() + 3 + text.len() <= self.width {
            line.pad_to(self.width - text.len());
            line.push(text, Tone::Dim);
        }
    }
}
