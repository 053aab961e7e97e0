//! The rows below a run's own line, in columns.

use super::layout::Layout;
use crate::StepStatus;
use crate::reporter::terminal::cells::width;
use crate::reporter::terminal::frame::{FrameLine, Tone};
use crate::reporter::terminal::rows::{Bar, Part, Row};
use crate::reporter::terminal::symbols::tone;
use crate::reporter::words::{compact, compact_millis};

/// So much room for the detail is worth more than the rest of a long name.
const DETAIL: usize = 18;
/// A text in fewer cells than these is hard to read.
const READABLE: usize = 24;
/// The cells of a percentage.
const PERCENT: usize = 4;

/// The columns of a run's rows. The name starts at the left; the time ends at the right, with the
/// bar before it; the detail has the room between them.
pub(super) struct Columns {
    /// Where the names end.
    name: usize,
    /// The cells of a bar, and of the time; 0 for none.
    bar: usize,
    time: usize,
    /// Whether inner rows are indented by blanks alone.
    is_slim: bool,
}

impl Columns {
    pub(super) fn new(rows: &[Row], layout: &Layout) -> Self {
        let is_slim = layout.width < 40;
        let widest = rows.iter().map(|row| indent(row, is_slim) + 2 + width(&row.name)).max();
        let bar = match layout.width {
            0..60 => 0,
            60..76 => 8,
            _ => 12,
        };
        let time = if layout.width < 36 { 0 } else { 6 };
        // Names get two fifths of the width, or up to a half if that leaves enough for the detail,
        // or all of it where there is room for nothing else.
        let rest = layout.width.saturating_sub(time + 2 + bar + 7 + DETAIL).min(layout.width / 2);
        let limit = match layout.width {
            0..30 => layout.width,
            _ => (layout.width * 2 / 5).max(rest).max(16),
        };
        Self { name: widest.unwrap_or(0).min(limit), bar, time, is_slim }
    }

    /// Where the time column starts, two blanks before it included.
    fn right(&self, layout: &Layout) -> usize {
        if self.time > 0 { layout.width - self.time - 2 } else { layout.width }
    }

    /// The cells of a row's bar and percentage. The percentage is kept while there is any room.
    fn meter(&self, row: &Row) -> usize {
        match row.bar {
            Bar::Known(_) if self.bar > 0 => self.bar + 1 + PERCENT,
            Bar::Known(_) => PERCENT,
            Bar::None | Bar::Unknown => 0,
        }
    }
}

fn indent(row: &Row, is_slim: bool) -> usize {
    match (row.depth, is_slim) {
        (0, false) => 1,
        (0, true) => 0,
        (depth, true) => depth,
        (depth, false) => 1 + 2 * depth + 2,
    }
}

impl Layout {
    pub(super) fn rows(&self, rows: &[Row], now: u64) -> Vec<FrameLine> {
        let columns = Columns::new(rows, self);
        let is_last = |index: usize| {
            let depth = rows[index].depth;
            let next = rows[index + 1..].iter().find(|row| row.depth <= depth);
            next.is_none_or(|row| row.depth < depth)
        };
        let lines = |(index, row)| self.row(row, is_last(index), &columns, now);
        rows.iter().enumerate().flat_map(lines).collect()
    }

    /// The line of a row, and the lines in which its detail goes on.
    fn row(&self, row: &Row, is_last: bool, columns: &Columns, now: u64) -> Vec<FrameLine> {
        let mut line = FrameLine::default();
        self.row_symbol(&mut line, row, is_last, columns, now);
        let (right, meter) = (columns.right(self), columns.meter(row));

        let limit = if meter > 0 { right.saturating_sub(meter + 1) } else { self.width };
        let name_end = columns.name.min(limit).max(line.width()).min(self.width);
        let name_tone = match row.status {
            status if status.is_active() => Tone::Strong,
            StepStatus::Pending => Tone::Dim,
            _ => Tone::Plain,
        };
        line.push(self.fit(&row.name, name_end - line.width()), name_tone);

        let detail_start = name_end + 2;
        let detail_end = right.saturating_sub(if meter > 0 { meter + 2 } else { 0 });
        let cells = detail_end.saturating_sub(detail_start);
        let mut rest = Vec::new();
        if let Some(wrapped) = self.wrapped(row, detail_start, cells, columns) {
            let (indent, mut lines) = wrapped;
            if indent == detail_start && !lines.is_empty() {
                line.pad_to(detail_start);
                line.push(lines.remove(0), detail_tone(row.status));
            }
            rest.extend(lines.into_iter().map(|text| {
                let mut line = FrameLine::default();
                line.pad_to(indent);
                line.push(text, detail_tone(row.status));
                line
            }));
        } else if cells >= 4 {
            line.pad_to(detail_start);
            line.push(self.detail(&row.detail, cells), detail_tone(row.status));
        }
        self.row_meter(&mut line, row, columns);
        if let (Some(took), true) = (row.took, columns.time > 0) {
            let took = match row.status.is_active() {
                true => compact(took),
                false => compact_millis(took),
            };
            line.pad_to(self.width.saturating_sub(width(&took)));
            line.push(took, Tone::Dim);
        }
        rest.insert(0, line);
        rest
    }

    /// The detail of a row in several lines, and where these begin: in the column of the details,
    /// or below the name if that is too narrow. `None` where one line is enough, or all there is.
    fn wrapped(
        &self,
        row: &Row,
        start: usize,
        cells: usize,
        columns: &Columns,
    ) -> Option<(usize, Vec<String>)> {
        let full = self.wrap?;
        let text: Vec<_> = row.detail.iter().map(Part::as_str).collect();
        let text = text.join(self.symbols.dot);
        if width(&text) <= cells || !matches!(row.detail.as_slice(), [Part::Text(_), ..]) {
            return None;
        }
        // A time stands behind the detail.
        let cells = if row.took.is_some() { cells } else { full.saturating_sub(start) };
        if cells >= READABLE {
            return Some((start, self.wrap(&text, cells)));
        }
        let indent = (indent(row, columns.is_slim) + 2).min(full / 2);
        Some((indent, self.wrap(&text, full.saturating_sub(indent))))
    }

    /// Adds the branch of the tree and the symbol of the state.
    fn row_symbol(
        &self,
        line: &mut FrameLine,
        row: &Row,
        is_last: bool,
        columns: &Columns,
        now: u64,
    ) {
        let symbols = self.symbols;
        let indent = indent(row, columns.is_slim).min(self.width / 2);
        if row.depth > 0 && !columns.is_slim {
            line.pad_to(indent - 2);
            line.push(if is_last { symbols.last } else { symbols.branch }, Tone::Dim);
        } else {
            line.pad_to(indent);
        }
        let symbol = match row.bar {
            Bar::Unknown if row.status == StepStatus::Running => symbols.spinner(now),
            _ => symbols.state(row.status),
        };
        self.push(line, symbol, tone(row.status));
        self.push(line, " ", Tone::Plain);
    }

    /// Adds the bar and the percentage, if there is room for them.
    fn row_meter(&self, line: &mut FrameLine, row: &Row, columns: &Columns) {
        let Bar::Known(progress) = row.bar else { return };
        let (right, meter) = (columns.right(self), columns.meter(row));
        if line.width() + 1 + meter > right {
            return;
        }
        line.pad_to(right - meter);
        if columns.bar > 0 {
            self.bar(line, progress, columns.bar, tone(row.status));
            line.push(" ", Tone::Plain);
        }
        line.push(format!("{:>3}%", progress / 100), Tone::Plain);
    }

    /// As many parts of the detail as fit. The last one is cut, unless it is a count.
    fn detail(&self, parts: &[Part], cells: usize) -> String {
        let mut out = String::new();
        for (index, part) in parts.iter().enumerate() {
            let whole = match index {
                0 => part.as_str().to_owned(),
                _ => format!("{out}{}{}", self.symbols.dot, part.as_str()),
            };
            let fits = width(&whole) <= cells;
            let is_readable = cells.saturating_sub(width(&out)) >= 12;
            if !fits && (matches!(part, Part::Count(_)) || index > 0 && !is_readable) {
                break;
            }
            out = whole;
        }
        self.fit(&out, cells)
    }
}

fn detail_tone(status: StepStatus) -> Tone {
    match status {
        StepStatus::Completed | StepStatus::Pending => Tone::Dim,
        StepStatus::Running => Tone::Plain,
        status => tone(status),
    }
}
