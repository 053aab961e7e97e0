//! A frame: lines of styled text whose width is known.

use anstyle::{AnsiColor, Style};

use super::{ansi, cells};

/// The meaning of a text, which decides its style. No meaning is shown by colour alone.
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

/// A line of a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameLine {
    spans: Vec<(String, Tone)>,
    width: usize,
}

impl FrameLine {
    pub(super) fn push(&mut self, text: impl Into<String>, tone: Tone) {
        let text = text.into();
        if !text.is_empty() {
            self.width += cells::width(&text);
            self.spans.push((text, tone));
        }
    }

    /// Adds blanks up to a column. A line that is longer already stays as it is.
    pub(super) fn pad_to(&mut self, column: usize) {
        self.push(" ".repeat(column.saturating_sub(self.width)), Tone::Plain);
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The text, with styles if the terminal has colour.
    pub(super) fn encode(&self, colour: bool) -> String {
        let mut out = String::new();
        for (text, tone) in &self.spans {
            let style = tone.style();
            match colour {
                true => ansi::push(&mut out, format_args!("{style}{text}{style:#}")),
                false => out.push_str(text),
            }
        }
        out
    }
}

/// Everything that is drawn at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) lines: Vec<FrameLine>,
    /// Whether something in it moves by itself.
    pub(super) animated: bool,
}

impl Frame {
    /// The frame as text without colour.
    pub(super) fn text(&self) -> String {
        let lines: Vec<_> =
            self.lines.iter().map(|line| line.encode(false).trim_end().to_owned()).collect();
        lines.join("\n")
    }
}
