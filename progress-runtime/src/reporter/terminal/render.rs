//! From what is known of the runs to the lines on the screen: a pure function, tested without a terminal.

use std::time::Duration;

use super::cells::{fit, width};
use super::countdown::coarse;
use super::frame::{Frame, Line, Tone};
use super::model::{Hint, Model, errors};
use super::rows::{self, Bar, Row};
use super::signs::{Signs, as_step, tone, word};
use crate::{RunStatus, StepCount, StepStatus};

/// How long a picture of the spinner stays.
const SPIN: u64 = 120;

/// The longest line.
const WIDEST: usize = 119;
/// As much room for what a step says is better used than for the rest of a long name.
const DETAIL: usize = 18;
/// The longest bar of a run.
const LONGEST_BAR: usize = 30;

/// A run, and the moment at which it is to be shown, by its own clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) model: &'a Model,
    pub(super) now: u64,
}

/// What there is to draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) unicode: bool,
}

/// The frame of the runs that are at work, which leaves one row and one column of the screen free.
pub(super) fn render(views: &[View<'_>], canvas: Canvas) -> Frame {
    let pen = Pen::new(canvas);
    let mut lists: Vec<_> = views.iter().map(|view| rows::live(view.model, view.now)).collect();
    let hidden_runs = views.len().saturating_sub(pen.height);
    let hidden =
        fold(&mut lists[hidden_runs..], pen.height.saturating_sub(views.len() - hidden_runs));

    let mut frame = Frame::default();
    for (index, view) in views.iter().enumerate().skip(hidden_runs) {
        let rows = &lists[index];
        let columns = Columns::new(rows, &pen);
        frame.lines.push(pen.head(view));
        frame.lines.extend(pen.rows(rows, &columns, view.now));
        if let hidden @ 1.. = hidden[index - hidden_runs] {
            let mut line = Line::default();
            let text = format!(" {} {hidden} more", pen.signs.ellipsis);
            line.push(pen.fit(&text, pen.width), Tone::Dim);
            frame.lines.push(line);
        }
        frame.animated |= rows.iter().any(|row| row.bar == Bar::Unknown);
    }
    let hint = views.iter().map(|view| view.model.hint).find(|hint| *hint != Hint::None);
    if let (Some(hint), Some(last)) = (hint, frame.lines.last_mut()) {
        pen.hint(hint, last);
    }
    frame
}

/// The lines that stay of a run that has ended; only its result, and what failed, where it was never shown before.
pub(super) fn conclude(model: &Model, canvas: Canvas, brief: bool) -> Frame {
    let pen = Pen::new(canvas);
    let mut frame = Frame { lines: vec![pen.result(model)], animated: false };
    let rows = if brief { rows::failures(model) } else { rows::ended(model) };
    let columns = Columns::new(&rows, &pen);
    frame.lines.extend(pen.rows(&rows, &columns, model.snapshot.now));
    frame
}

/// Leaves rows out until what is left fits, those that matter least first. Each list that something is left out
/// of gives one more row to say how many.
fn fold(lists: &mut [Vec<Row>], room: usize) -> Vec<usize> {
    let mut hidden = vec![0; lists.len()];
    let used = |lists: &[Vec<Row>], hidden: &[usize]| {
        lists.iter().map(Vec::len).sum::<usize>()
            + hidden.iter().filter(|hidden| **hidden > 0).count()
    };
    while used(lists, &hidden) > room {
        let worst = lists
            .iter()
            .enumerate()
            .flat_map(|(list, rows)| {
                rows.iter().enumerate().map(move |(row, it)| (it.rank, list, row))
            })
            .max_by_key(|(rank, ..)| *rank);
        let Some((_, list, row)) = worst else {
            // Not even room to say that something is missing.
            hidden.fill(0);
            break;
        };
        lists[list].remove(row);
        hidden[list] += 1;
    }
    hidden
}

/// Where things stand in the rows of a run.
struct Columns {
    name: usize,
    bar: usize,
    time: usize,
    slim: bool,
}

impl Columns {
    fn new(rows: &[Row], pen: &Pen) -> Self {
        let slim = pen.width < 40;
        let widest = rows.iter().map(|row| indent(row, slim) + 2 + width(&row.name)).max();
        let bar = match pen.width {
            0..60 => 0,
            60..76 => 8,
            _ => 12,
        };
        let time = if pen.width < 36 { 0 } else { 6 };
        // Two fifths of the width for the names, and up to a half where enough is left for what there is to say; all
        // of it where there is nothing else to show.
        let enough = pen.width.saturating_sub(time + 2 + bar + 7 + DETAIL).min(pen.width / 2);
        let limit = match pen.width {
            0..30 => pen.width,
            _ => (pen.width * 2 / 5).max(enough).max(16),
        };
        Self { name: widest.unwrap_or(0).min(limit), bar, time, slim }
    }
}

fn indent(row: &Row, slim: bool) -> usize {
    match (row.depth, slim) {
        (0, false) => 1,
        (0, true) => 0,
        (depth, true) => depth,
        (depth, false) => 1 + 2 * depth + 2,
    }
}

/// A way to lay out the run's own line.
struct Head {
    /// The cells that the title may ask for…
    title: usize,
    /// …the bar has to have…
    bar: usize,
    /// …and what stands behind the number has to have.
    least: usize,
    behind: Vec<(String, Tone)>,
}

impl Head {
    fn new(title: usize, bar: usize, behind: Vec<(String, Tone)>) -> Self {
        let least = behind.iter().map(|(part, _)| 2 + width(part)).sum();
        Self { title, bar, least, behind }
    }
}

struct Pen {
    width: usize,
    height: usize,
    unicode: bool,
    signs: &'static Signs,
}

impl Pen {
    fn new(canvas: Canvas) -> Self {
        Self {
            // What stands in the last column makes terminals disagree on where the cursor is, and what stands far
            // from its name is hard to read.
            width: canvas.width.saturating_sub(1).clamp(1, WIDEST),
            height: canvas.height.saturating_sub(1).max(1),
            unicode: canvas.unicode,
            signs: Signs::of(canvas.unicode),
        }
    }

    fn fit(&self, text: &str, cells: usize) -> String {
        fit(text, cells, self.unicode)
    }

    /// The run's own line, with as much on it as there is room for.
    fn head(&self, view: &View<'_>) -> Line {
        let snapshot = &view.model.snapshot;
        let title = self.fit(&snapshot.title, usize::MAX);
        let percent = format!("{:>3}%", snapshot.progress / 100);
        let mut heads = self.heads(view);
        let needs = |head: &Head| {
            // A blank before the number, and two more before the bar.
            let bar = if head.bar > 0 { head.bar + 2 } else { 0 };
            head.title.min(width(&title)) + bar + 1 + width(&percent) + head.least
        };
        let best = heads.iter().position(|head| needs(head) <= self.width);
        let head = heads.swap_remove(best.unwrap_or(heads.len() - 1));

        let rest = self.width.saturating_sub(needs(&head) - head.least);
        let behind = head.behind.iter().map(|(part, _)| 2 + width(part)).sum::<usize>().min(rest);
        let before = self.width.saturating_sub(1 + width(&percent) + behind);
        let mut line = Line::default();
        let bar = if head.bar > 0 { head.bar + 2 } else { 0 };
        line.push(self.fit(&title, before.saturating_sub(bar)), Tone::Strong);
        if head.bar > 0 {
            line.push("  ", Tone::Plain);
            let cells = before.saturating_sub(line.width()).clamp(head.bar, LONGEST_BAR);
            let cancelling = snapshot.status == RunStatus::Cancelling;
            let tone = if cancelling { Tone::Warning } else { Tone::Active };
            self.stroke(&mut line, snapshot.progress, cells, tone);
        }
        line.push(self.fit(" ", self.width.saturating_sub(line.width())), Tone::Plain);
        line.push(self.fit(&percent, self.width.saturating_sub(line.width())), Tone::Strong);
        for (part, tone) in &head.behind {
            let room = self.width.saturating_sub(line.width() + 2);
            if room >= 2 {
                line.push("  ", Tone::Plain);
                line.push(self.fit(part, room), *tone);
            }
        }
        line
    }

    /// The ways to say how a run is, from the richest to the poorest.
    fn heads(&self, view: &View<'_>) -> Vec<Head> {
        let snapshot = &view.model.snapshot;
        let status = as_step(snapshot.status);
        let state = match snapshot.status {
            RunStatus::Running => None,
            RunStatus::Cancelling => {
                let what = rows::waits_for(view.model);
                let what = what.map_or_else(String::new, |what| format!(", waiting for {what}"));
                Some(format!("{}{what}{}", word(status), self.signs.ellipsis))
            }
            _ => Some(word(status).to_owned()),
        };
        let elapsed = snapshot.started.map(|started| {
            brief(Duration::from_millis(snapshot.ended.unwrap_or(view.now).saturating_sub(started)))
        });
        if let Some(state) = state {
            let state = (state, tone(status));
            let timed = [Some(state.clone()), elapsed.map(|elapsed| (elapsed, Tone::Plain))];
            let timed: Vec<_> = timed.into_iter().flatten().collect();
            return vec![
                Head::new(28, 12, timed),
                Head::new(28, 8, vec![state.clone()]),
                // What is waited for is cut before the bar is.
                Head { least: 16, ..Head::new(10, 5, vec![state.clone()]) },
                Head { least: 16, ..Head::new(10, 0, vec![state]) },
                Head::new(10, 0, Vec::new()),
            ];
        }
        let StepCount { current, total } = snapshot.step;
        let steps = (total > 0).then(|| format!("{current}/{total}"));
        let step = steps.as_ref().map(|steps| format!("step {steps}"));
        let left = view.model.countdown.left(view.now).map(coarse);
        let to_go = left.as_ref().map(|left| format!("{left} left"));
        let plain = |parts: &[&Option<String>]| {
            let parts = parts.iter().copied().flatten();
            parts.map(|part| (part.clone(), Tone::Plain)).collect()
        };
        vec![
            Head::new(28, 12, plain(&[&step, &elapsed, &to_go])),
            Head::new(28, 8, plain(&[&steps, &elapsed, &left])),
            Head::new(10, 5, plain(&[&steps, if left.is_some() { &left } else { &elapsed }])),
            Head::new(10, 0, plain(&[&steps])),
            Head::new(10, 0, Vec::new()),
        ]
    }

    /// What has become of a run, in a line that says enough where it stands alone.
    fn result(&self, model: &Model) -> Line {
        let snapshot = &model.snapshot;
        let (status, took) = (snapshot.status, exact(snapshot.elapsed()));
        let percent = snapshot.progress / 100;
        let errors = match snapshot.errors {
            0 => String::new(),
            count => format!(", {}", errors(count)),
        };
        let word = word(as_step(status));
        let said = match status {
            RunStatus::Completed | RunStatus::CompletedWithErrors => {
                format!("{word} in {took}{errors}")
            }
            RunStatus::Failed => {
                let cause =
                    snapshot.error.as_deref().map_or_else(String::new, |e| format!(": {e}"));
                format!("{word} at {percent}% after {took}{cause}")
            }
            _ => format!("{word} at {percent}% after {took}{errors}"),
        };
        let tone = tone(as_step(status));
        let mut line = Line::default();
        line.push(self.fit(self.signs.run(status), self.width), tone);
        line.push(self.fit(" ", self.width - line.width()), Tone::Plain);
        let room = self.width.saturating_sub(2);
        let title = room.saturating_sub(width(&said) + 2).max(room / 3);
        line.push(self.fit(&snapshot.title, title), Tone::Strong);
        let room = self.width.saturating_sub(line.width() + 2);
        if room >= 4 {
            line.push("  ", Tone::Plain);
            line.push(self.fit(&said, room), tone);
        }
        line
    }

    fn rows(&self, rows: &[Row], columns: &Columns, now: u64) -> Vec<Line> {
        let is_last = |index: usize| {
            let depth = rows[index].depth;
            let next = rows[index + 1..].iter().find(|row| row.depth <= depth);
            next.is_none_or(|row| row.depth < depth)
        };
        let line = |(index, row)| self.row(row, is_last(index), columns, now);
        rows.iter().enumerate().map(line).collect()
    }

    fn row(&self, row: &Row, last: bool, columns: &Columns, now: u64) -> Line {
        let tone = tone(row.status);
        let mut line = Line::default();
        let indent = indent(row, columns.slim).min(self.width / 2);
        if row.depth > 0 && !columns.slim {
            line.pad_to(indent - 2);
            line.push(if last { self.signs.last } else { self.signs.branch }, Tone::Dim);
        } else {
            line.pad_to(indent);
        }
        let sign = match row.bar {
            Bar::Unknown if row.status == StepStatus::Running => {
                let spinner = self.signs.spinner;
                spinner[(now / SPIN % spinner.len() as u64) as usize]
            }
            _ => self.signs.step(row.status),
        };
        line.push(self.fit(sign, self.width - line.width()), tone);
        line.push(self.fit(" ", self.width - line.width()), Tone::Plain);
        let quiet = match row.status {
            status if status.is_active() => Tone::Strong,
            StepStatus::Pending => Tone::Dim,
            _ => Tone::Plain,
        };
        let right = if columns.time > 0 { self.width - columns.time - 2 } else { self.width };
        let percent = match row.bar {
            Bar::Known(progress) => Some(format!("{:>3}%", progress / 100)),
            _ => None,
        };
        // The number is there as long as there is any room for it.
        let meter = match &percent {
            Some(_) if columns.bar > 0 => columns.bar + 5,
            Some(_) => 4,
            None => 0,
        };
        let limit = if meter > 0 { right.saturating_sub(meter + 1) } else { self.width };
        let name_end = columns.name.min(limit).max(line.width()).min(self.width);
        line.push(self.fit(&row.name, name_end - line.width()), quiet);

        let detail_end = right.saturating_sub(if meter > 0 { meter + 2 } else { 0 });
        let start = name_end + 2;
        if detail_end >= start + 4 {
            line.pad_to(start);
            let detail = self.detail(&row.detail, detail_end - start);
            let tone = match row.status {
                StepStatus::Completed | StepStatus::Pending => Tone::Dim,
                StepStatus::Running => Tone::Plain,
                _ => tone,
            };
            line.push(detail, tone);
        }
        if let (Bar::Known(progress), Some(percent)) = (row.bar, percent)
            && line.width() + 1 + meter <= right
        {
            line.pad_to(right - meter);
            if columns.bar > 0 {
                self.stroke(&mut line, progress, columns.bar, tone);
                line.push(" ", Tone::Plain);
            }
            line.push(percent, Tone::Plain);
        }
        if let (Some(took), true) = (row.took, columns.time > 0) {
            let took = match row.status.is_active() {
                true => brief(took),
                false => exact(took),
            };
            line.pad_to(self.width.saturating_sub(width(&took)));
            line.push(took, Tone::Dim);
        }
        line
    }

    /// The parts of what there is to say that fit; the last of them is cut, but for a number.
    fn detail(&self, parts: &[String], cells: usize) -> String {
        let is_number = |part: &str| part.ends_with(|last: char| last.is_ascii_digit());
        let mut out = String::new();
        for (index, part) in parts.iter().enumerate() {
            let whole = match index {
                0 => part.clone(),
                _ => format!("{out}{}{part}", self.signs.dot),
            };
            let fits = width(&whole) <= cells;
            let readable = cells.saturating_sub(width(&out)) >= 12;
            if !fits && (is_number(part) || index > 0 && !readable) {
                break;
            }
            out = whole;
        }
        self.fit(&out, cells)
    }

    /// A bar of so many cells, each of which counts for two where there is a sign for half of one.
    fn stroke(&self, line: &mut Line, progress: u16, cells: usize, tone: Tone) {
        let halves = usize::from(progress) * cells * 2 / 10_000;
        let (full, half) = (halves / 2, halves % 2);
        line.push(self.signs.full.repeat(full), tone);
        line.push(self.signs.half.repeat(half), tone);
        line.push(self.signs.empty.repeat(cells - full - half), Tone::Dim);
    }

    /// What Ctrl-C does, where there is room for it.
    fn hint(&self, hint: Hint, line: &mut Line) {
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

/// Whole seconds: `48s`, `5m18s`, `1h05m`.
fn brief(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600..360_000 => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{}h", seconds / 3_600),
    }
}

/// The same, and milliseconds below one second.
fn exact(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis}ms"),
        _ => brief(time),
    }
}
