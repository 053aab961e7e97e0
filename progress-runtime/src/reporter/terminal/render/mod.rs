//! From the models of runs to a frame: pure functions, tested without a terminal.

mod header;
mod layout;
mod table;

use self::header::is_unknown;
pub(super) use self::layout::Canvas;
use self::layout::Layout;
use super::frame::{Frame, FrameLine, Tone};
use super::hint::Hint;
use super::keep::Keep;
use super::model::{Model, View};
use super::rows::{self, Bar, Depth, Row};

/// The frame of the runs at work. It leaves a row and a column of the screen free.
pub(super) fn render(views: &[View<'_>], canvas: Canvas) -> Frame {
    let layout = Layout::new(canvas);
    let mut lists: Vec<_> = views.iter().map(rows::live).collect();
    let hidden_runs = views.len().saturating_sub(layout.height);
    let room = layout.height.saturating_sub(views.len() - hidden_runs);
    let hidden_rows = fold(&mut lists[hidden_runs..], room);

    let mut frame = Frame::default();
    let shown = views.iter().zip(&lists).skip(hidden_runs);
    for ((view, rows), hidden_rows) in shown.zip(hidden_rows) {
        frame.lines.push(layout.header(view));
        frame.lines.extend(layout.rows(rows, view.now));
        frame.animated |= is_unknown(&view.model.snapshot);
        if hidden_rows > 0 {
            let mut line = FrameLine::default();
            let text = format!(" {} {hidden_rows} more", layout.symbols.ellipsis);
            layout.push(&mut line, &text, Tone::Dim);
            frame.lines.push(line);
        }
        frame.animated |= rows.iter().any(|row| row.bar == Bar::Unknown);
    }
    let hint = views.iter().map(|view| view.model.hint).find(|hint| *hint != Hint::None);
    if let (Some(hint), Some(last)) = (hint, frame.lines.last_mut()) {
        layout.hint(hint, last);
    }
    frame
}

/// The lines that stay on the screen after a run: its result, and its steps and errors. `was_shown`
/// says whether its bars were.
pub(super) fn summary(model: &Model, canvas: Canvas, keep: Keep, was_shown: bool) -> Frame {
    let rows = match keep {
        Keep::Nothing => return Frame::default(),
        Keep::Steps if was_shown => rows::summary(model, Depth::Outermost),
        Keep::Line | Keep::Steps => rows::failures(model),
        Keep::All => rows::summary(model, Depth::All),
    };
    let layout = Layout::of_summary(canvas);
    let mut frame = Frame { lines: layout.result(model), animated: false };
    frame.lines.extend(layout.rows(&rows, model.snapshot.now));
    frame
}

/// Leaves rows out until the rest fits, those of the highest rank first. Returns how many rows each
/// list has lost; a list that has lost any needs one row to say so.
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
            // There is not even room to say that rows are missing.
            hidden.fill(0);
            break;
        };
        lists[list].remove(row);
        hidden[list] += 1;
    }
    hidden
}
