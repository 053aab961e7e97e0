//! The one display of the process: all runs that are shown, and the thread that draws them.
//!
//! Each reporter keeps the model of its run, and leaves a copy for the thread. The thread turns the
//! latest models into a frame. Only the end of a run waits for the thread, until its summary is on
//! the screen, and not for long.

use std::collections::HashSet;
use std::io::{self, Write};
use std::panic;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::environment::Capabilities;
use super::frame::Frame;
use super::keep::Keep;
use super::model::{Model, View};
use super::output;
use super::pace::{self, PATIENCE};
use super::painter::Painter;
use super::render::{Canvas, render, summary};
use super::surface::{Size, Surface};
use super::taskbar::Taskbar;
use crate::reporter::background::{Background, Next, TimedOut};
use crate::{Report, Snapshot};

static DISPLAY: OnceLock<Display> = OnceLock::new();

struct Display {
    surface: Surface,
    capabilities: Capabilities,
    background: Arc<Background<ModelMailbox>>,
}

/// The display of the process. The first run decides on its stream and its capabilities.
fn display(surface: Surface, capabilities: Capabilities) -> &'static Display {
    DISPLAY.get_or_init(|| {
        output::open(surface, capabilities, wake);
        print_panics_above();
        let background = Background::new(ModelMailbox::default());
        Display { surface, capabilities, background }
    })
}

/// Has the thread draw the next frame in time, because lines wait for it.
fn wake() {
    if let Some(display) = DISPLAY.get() {
        display.background.update(|mailbox| mailbox.has_changed = true);
    }
}

/// Makes panics print above the bars.
fn print_panics_above() {
    if thread::panicking() {
        // A thread that panics cannot set the hook.
        return;
    }
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| output::suspend(|| hook(panic))));
}

/// A run that is shown, until this is dropped or the run has ended.
pub(super) struct ShownRun {
    key: u64,
    model: Model,
    background: Arc<Background<ModelMailbox>>,
}

impl ShownRun {
    /// Shows a run on the display of the process.
    pub(super) fn open(
        surface: Surface,
        capabilities: Capabilities,
        keep: Keep,
        snapshot: Arc<Snapshot>,
    ) -> io::Result<Self> {
        let display = display(surface, capabilities);
        let (surface, unicode) = (display.surface, display.capabilities.unicode);
        display.background.start("progress-terminal", move |background| {
            draw_frames(background, surface, unicode, output::draw);
        })?;
        Ok(Self::on(Arc::clone(&display.background), keep, snapshot))
    }

    /// Shows a run on a display of its own, whose thread ends with it.
    pub(super) fn open_on(
        out: Box<dyn Write + Send>,
        size: Size,
        capabilities: Capabilities,
        keep: Keep,
        snapshot: Arc<Snapshot>,
    ) -> io::Result<Self> {
        let mailbox = ModelMailbox { is_of_one_run: true, ..ModelMailbox::default() };
        let shown = Self::on(Background::new(mailbox), keep, snapshot);
        let surface = Surface::Writer(size);
        shown.background.start("progress-terminal", move |background| {
            // Nothing is printed past the bars there.
            let nothing = Box::new(io::sink());
            let mut painter = Painter::new(nothing, out, surface, capabilities);
            draw_frames(background, surface, capabilities.unicode, |ended, frame, taskbar| {
                painter.draw(ended, frame, taskbar);
                output::log_error(painter.take_error());
            });
        })?;
        Ok(shown)
    }

    fn on(background: Arc<Background<ModelMailbox>>, keep: Keep, snapshot: Arc<Snapshot>) -> Self {
        let model = Model::new(snapshot);
        let shown = model.clone();
        let key = background.update(|mailbox| mailbox.open(shown, keep));
        Self { key, model, background }
    }

    pub(super) fn update(&mut self, snapshot: Arc<Snapshot>) {
        self.model.update(snapshot);
        self.post();
    }

    /// Shows the last state, and waits until the summary is on the screen.
    pub(super) fn end(
        &mut self,
        snapshot: Arc<Snapshot>,
        report: Option<Arc<Report>>,
        limit: Duration,
    ) -> Result<(), &'static str> {
        self.model.report = report;
        self.model.update(snapshot);
        self.post();
        let is_drawn = |mailbox: &ModelMailbox| !mailbox.ending.contains(&self.key);
        let drawn = self.background.wait_until(limit, is_drawn);
        drawn.map_err(|TimedOut| "the terminal is too slow to wait for the last frame")
    }

    fn post(&self) {
        let model = self.model.clone();
        self.background.update(|mailbox| mailbox.put(self.key, model));
    }
}

impl Drop for ShownRun {
    /// A reporter that is dropped before the end leaves nothing on the screen.
    fn drop(&mut self) {
        self.background.update(|mailbox| mailbox.close(self.key));
    }
}

/// The latest models of all runs that are shown.
#[derive(Default)]
struct ModelMailbox {
    runs: Vec<RunEntry>,
    next_key: u64,
    /// Whether anything was changed since the last frame.
    has_changed: bool,
    /// The runs whose summary is not on the screen yet.
    ending: HashSet<u64>,
    /// Whether the thread ends with the run that it was started for.
    is_of_one_run: bool,
}

#[derive(Clone)]
struct RunEntry {
    key: u64,
    model: Model,
    /// When the model was left here.
    received: Instant,
    since: Instant,
    is_shown: bool,
    keep: Keep,
}

/// What the thread draws next.
#[derive(Default)]
struct NextFrame {
    /// Whether there is nothing more to draw, ever.
    is_over: bool,
    /// The runs that have ended, and those at work whose bars are shown.
    ended: Vec<RunEntry>,
    shown: Vec<RunEntry>,
}

impl ModelMailbox {
    fn open(&mut self, model: Model, keep: Keep) -> u64 {
        let key = self.next_key;
        self.next_key += 1;
        let now = Instant::now();
        let (received, since) = (now, now);
        self.runs.push(RunEntry { key, model, received, since, is_shown: false, keep });
        self.has_changed = true;
        key
    }

    fn put(&mut self, key: u64, model: Model) {
        if let Some(entry) = self.runs.iter_mut().find(|entry| entry.key == key) {
            entry.received = Instant::now();
            entry.model = model;
            if entry.has_ended() {
                self.ending.insert(key);
            }
            self.has_changed = true;
        }
    }

    fn close(&mut self, key: u64) {
        self.runs.retain(|entry| entry.key != key || entry.has_ended());
        self.has_changed = true;
    }

    /// What to draw now, or how long to wait. `latest` is when the latest frame was drawn.
    fn next(&mut self, latest: Option<Instant>, is_animated: bool) -> Next<NextFrame> {
        if !self.runs.iter().any(RunEntry::has_ended) {
            let since = latest.map_or(Duration::MAX, |latest| latest.elapsed());
            let patience = |entry: &RunEntry| PATIENCE.saturating_sub(entry.since.elapsed());
            let wait = match self.runs.iter().map(patience).min() {
                Some(first) => first.max(pace::wait(since, self.has_changed, is_animated)),
                // The last run has left bars behind.
                None if self.has_changed => pace::wait(since, true, false),
                None if self.is_of_one_run => {
                    return Next::Take(NextFrame { is_over: true, ..NextFrame::default() });
                }
                None => return Next::Wait,
            };
            if !wait.is_zero() {
                return Next::WaitFor(wait);
            }
        }
        self.has_changed = false;
        let (ended, live) =
            std::mem::take(&mut self.runs).into_iter().partition(RunEntry::has_ended);
        self.runs = live;
        for entry in &mut self.runs {
            entry.is_shown |= entry.since.elapsed() >= PATIENCE;
        }
        let shown = self.runs.iter().filter(|entry| entry.is_shown).cloned().collect();
        Next::Take(NextFrame { is_over: false, ended, shown })
    }
}

impl RunEntry {
    fn has_ended(&self) -> bool {
        self.model.snapshot.status.is_terminal()
    }

    /// The run at this moment: its clock has gone on since the snapshot.
    fn view(&self) -> View<'_> {
        let snapshot = &self.model.snapshot;
        let since = match snapshot.status.is_active() {
            true => self.received.elapsed().as_millis() as u64,
            false => 0,
        };
        View { model: &self.model, now: snapshot.now.saturating_add(since) }
    }
}

/// The thread: draws for as long as the process lives, or the one run.
fn draw_frames(
    background: &Background<ModelMailbox>,
    surface: Surface,
    unicode: bool,
    mut draw: impl FnMut(&Frame, Frame, Taskbar),
) {
    let mut latest = None;
    let mut is_animated = false;
    loop {
        let next = background.take(|mailbox| mailbox.next(latest, is_animated));
        if next.is_over {
            return;
        }
        latest = Some(Instant::now());
        let (width, height) = surface.size();
        let canvas = Canvas { width, height, unicode };

        let lines =
            |entry: &RunEntry| summary(&entry.model, canvas, entry.keep, entry.is_shown).lines;
        let ended = Frame { lines: next.ended.iter().flat_map(lines).collect(), animated: false };
        let views: Vec<_> = next.shown.iter().map(RunEntry::view).collect();
        let frame = match views.is_empty() {
            true => Frame::default(),
            false => render(&views, canvas),
        };
        is_animated = frame.animated;
        let taskbar = Taskbar::of(next.shown.iter().map(|entry| &entry.model));
        draw(&ended, frame, taskbar);
        if !next.ended.is_empty() {
            background.update(|mailbox| {
                for entry in &next.ended {
                    mailbox.ending.remove(&entry.key);
                }
            });
        }
    }
}
