//! What is on the screen: lines of styled text, whose width is known.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};

use super::cells;

/// What a text is, which decides how it looks. No meaning is told by a colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Dim,
    Active,
    Good,
    Warning,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        let colour = |colour: AnsiColor| colour.on_default();
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Active => colour(AnsiColor::Cyan),
            Self::Good => colour(AnsiColor::Green),
            Self::Warning => colour(AnsiColor::Yellow),
            Self::Bad => colour(AnsiColor::Red),
        }
    }
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    spans: Vec<(String, Tone)>,
    width: usize,
}

impl Line {
    pub(super) fn push(&mut self, text: impl Into<String>, tone: Tone) {
        let text = text.into();
        if !text.is_empty() {
            self.width += cells::width(&text);
            self.spans.push((text, tone));
        }
    }

    /// Fills up with blanks; a line that has come further stays as it is.
    pub(super) fn pad_to(&mut self, column: usize) {
        self.push(" ".repeat(column.saturating_sub(self.width)), Tone::Plain);
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The text, with its styles where the terminal has colour.
    pub(super) fn encode(&self, colour: bool) -> String {
        let mut out = String::new();
        for (text, tone) in &self.spans {
            let style = tone.style();
            // Writing to a string cannot fail.
            let _ = match colour {
                true => write!(out, "{style}{text}{style:#}"),
                false => write!(out, "{text}"),
            };
        }
        out
    }
}

/// All lines of a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) lines: Vec<Line>,
    /// Something in it moves by itself.
    pub(super) animated: bool,
}

impl Frame {
    /// What is on the screen, without colour.
    #[cfg(test)]
    pub(super) fn text(&self) -> String {
        let lines: Vec<_> =
            self.lines.iter().map(|line| line.encode(false).trim_end().to_owned()).collect();
        lines.join("\n")
    }
}
