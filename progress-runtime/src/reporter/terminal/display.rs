//! The one display of the process: all runs that are shown, and the thread that draws them.
//!
//! Reporters leave their snapshots here and go on; only the end of a run waits for its last frame, and not for
//! long. What is written above the frame, and what hides it, takes turns with the thread at the [`Painter`].

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, ErrorKind, Write};
use std::panic;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use terminal_size::{Height, Width, terminal_size_of};

use super::frame::Frame;
use super::model::{Hint, Model};
use super::pace::{self, PATIENCE};
use super::render::{Canvas, View, conclude, render};
use super::screen::{Screen, Size};
use super::surroundings::Abilities;
use super::taskbar::Taskbar;
use crate::{Report, RunStatus, Snapshot};

/// How long the end of a run waits for its last frame.
const END: Duration = Duration::from_secs(2);

static DISPLAY: OnceLock<Display> = OnceLock::new();

thread_local! {
    /// Whether this thread is at the painter: what it prints meanwhile goes straight out.
    static PAINTS: Cell<bool> = const { Cell::new(false) };
}

pub(super) struct Display {
    state: Mutex<State>,
    changed: Condvar,
    painter: Mutex<Painter>,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    next: u64,
    /// Something has come since the last look.
    news: bool,
    /// The ends that are not yet on the screen.
    ending: HashSet<u64>,
    works: bool,
}

struct Entry {
    key: u64,
    model: Model,
    /// When the snapshot came.
    received: Instant,
    since: Instant,
    ended: bool,
    shown: bool,
}

struct Painter {
    can: Abilities,
    screen: Screen,
    taskbar: Taskbar,
    /// Nothing can be written any more, or nothing is to be.
    closed: bool,
}

/// The display of the process, which the first run makes with what its terminal can do.
pub(super) fn display(can: impl FnOnce() -> Abilities) -> &'static Display {
    DISPLAY.get_or_init(|| {
        print_panics_above();
        Display {
            state: Mutex::default(),
            changed: Condvar::new(),
            painter: Mutex::new(Painter {
                can: can(),
                screen: Screen::default(),
                taskbar: Taskbar::Nothing,
                closed: false,
            }),
        }
    })
}

/// A run that is shown.
pub(super) struct Seat {
    display: &'static Display,
    key: u64,
}

impl Seat {
    pub(super) fn take(
        display: &'static Display,
        snapshot: Arc<Snapshot>,
    ) -> Result<Self, io::Error> {
        let now = Instant::now();
        let mut state = display.lock();
        if !state.works {
            thread::Builder::new().name("progress-terminal".to_owned()).spawn(move || {
                let _over = Over(display);
                display.work();
            })?;
            state.works = true;
        }
        let key = state.next;
        state.next += 1;
        let mut model = Model::new(snapshot);
        model.hint = hint(&model.snapshot);
        let entry = Entry { key, model, received: now, since: now, ended: false, shown: false };
        state.entries.push(entry);
        state.news = true;
        display.changed.notify_all();
        Ok(Self { display, key })
    }

    pub(super) fn update(&self, snapshot: Arc<Snapshot>) {
        self.change(&mut self.display.lock(), snapshot);
    }

    /// Shows the last state, and returns when it is on the screen.
    pub(super) fn end(
        &self,
        snapshot: Arc<Snapshot>,
        report: Option<Arc<Report>>,
    ) -> Result<(), &'static str> {
        let mut state = self.display.lock();
        state.ending.insert(self.key);
        if let Some(entry) = state.entries.iter_mut().find(|entry| entry.key == self.key) {
            entry.model.report = report;
        }
        self.change(&mut state, snapshot);
        let (state, waited) = self
            .display
            .changed
            .wait_timeout_while(state, END, |state| state.ending.contains(&self.key))
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        match waited.timed_out() {
            true => Err("the terminal is too slow to wait for the last frame"),
            false => Ok(()),
        }
    }

    fn change(&self, state: &mut State, snapshot: Arc<Snapshot>) {
        let entry = state.entries.iter_mut().find(|entry| entry.key == self.key);
        if let Some(entry) = entry {
            entry.received = Instant::now();
            entry.ended = snapshot.status.is_terminal();
            entry.model.hint = hint(&snapshot);
            entry.model.update(snapshot);
            state.news = true;
        }
        self.display.changed.notify_all();
    }
}

impl Drop for Seat {
    /// A reporter that was taken off leaves nothing on the screen.
    fn drop(&mut self) {
        let mut state = self.display.lock();
        state.entries.retain(|entry| entry.key != self.key || entry.ended);
        state.news = true;
        self.display.changed.notify_all();
    }
}

impl Entry {
    fn view(&self) -> View<'_> {
        let snapshot = &self.model.snapshot;
        let since = match snapshot.status.is_active() {
            true => self.received.elapsed().as_millis() as u64,
            false => 0,
        };
        View { model: &self.model, now: snapshot.now.saturating_add(since) }
    }
}

/// Says that the thread is gone, for whatever reason: nobody waits for it, and the next run starts another.
struct Over(&'static Display);

impl Drop for Over {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.works = false;
        state.ending.clear();
        self.0.changed.notify_all();
    }
}

impl Display {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's own part.
    fn work(&self) {
        let mut looked = None;
        let mut animated = false;
        loop {
            let mut state = self.wait(looked, animated);
            looked = Some(Instant::now());
            state.news = false;
            let can = self.at_painter(|painter| painter.can).unwrap_or_default();
            let size = size();
            let canvas = Canvas { width: size.0, height: size.1, unicode: can.unicode };

            let (ended, live): (Vec<_>, Vec<_>) =
                std::mem::take(&mut state.entries).into_iter().partition(|entry| entry.ended);
            state.entries = live;
            let last =
                ended.iter().flat_map(|entry| conclude(&entry.model, canvas, !entry.shown).lines);
            let last = Frame { lines: last.collect(), animated: false };
            for entry in &mut state.entries {
                entry.shown |= entry.since.elapsed() >= PATIENCE;
            }
            let shown = || state.entries.iter().filter(|entry| entry.shown);
            let views: Vec<_> = shown().map(Entry::view).collect();
            let frame = match views.is_empty() {
                true => Frame::default(),
                false => render(&views, canvas),
            };
            let taskbar = Taskbar::of(shown().map(|entry| &entry.model));
            animated = frame.animated;
            drop(state);

            self.at_painter(|painter| painter.draw(&last, &frame, taskbar, size));
            if !ended.is_empty() {
                let mut state = self.lock();
                for entry in &ended {
                    state.ending.remove(&entry.key);
                }
                self.changed.notify_all();
            }
        }
    }

    /// Waits until there is something to draw.
    fn wait(&self, looked: Option<Instant>, animated: bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        loop {
            if state.entries.iter().any(|entry| entry.ended) {
                return state;
            }
            let since = looked.map_or(Duration::MAX, |looked| looked.elapsed());
            let patience = |entry: &Entry| PATIENCE.saturating_sub(entry.since.elapsed());
            let first = state.entries.iter().map(patience).min();
            let wait = match first {
                // Nobody is there; what they have left on the screen is to be taken away.
                None if state.news => pace::wait(since, true, false),
                None => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                Some(first) => first.max(pace::wait(since, state.news, animated)),
            };
            if wait.is_zero() {
                return state;
            }
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes a turn at the painter; `None` for a thread that is there already.
    fn at_painter<R>(&self, turn: impl FnOnce(&mut Painter) -> R) -> Option<R> {
        let _paints = Paints::begin()?;
        let mut painter = self.painter.lock().unwrap_or_else(PoisonError::into_inner);
        Some(turn(&mut painter))
    }
}

/// Says that this thread is at the painter, for as long as it lives.
struct Paints;

impl Paints {
    fn begin() -> Option<Self> {
        PAINTS.with(|paints| !paints.replace(true)).then_some(Self)
    }
}

impl Drop for Paints {
    fn drop(&mut self) {
        PAINTS.with(|paints| paints.set(false));
    }
}

impl Painter {
    fn draw(&mut self, last: &Frame, frame: &Frame, taskbar: Taskbar, size: Size) {
        let mut out = String::new();
        if last.lines.is_empty() {
            out.push_str(&self.screen.paint(frame, size, self.can));
        } else {
            let lines = last.lines.iter().map(|line| line.encode(self.can.colour) + "\r\n");
            let text: String = lines.collect();
            out.push_str(&self.screen.above(&text, frame, size, self.can));
        }
        if self.can.taskbar && self.taskbar != taskbar {
            out.push_str(&taskbar.encode());
            self.taskbar = taskbar;
        }
        self.write(&out);
    }

    /// A terminal that fails is not written to any more.
    fn write(&mut self, out: &str) {
        if self.closed || out.is_empty() {
            return;
        }
        let mut stderr = io::stderr().lock();
        let written = stderr.write_all(out.as_bytes()).and_then(|()| stderr.flush());
        if let Err(error) = written
            && error.kind() != ErrorKind::WouldBlock
        {
            self.closed = true;
            log::debug!("the terminal cannot be written to, and nothing more is drawn: {error}");
        }
    }
}

/// Writes whole lines above the frame; at once where there is none.
pub(super) fn above(text: &str) -> io::Result<()> {
    let drawn = DISPLAY.get().and_then(|display| {
        display.at_painter(|painter| {
            if painter.closed || painter.screen.is_empty() {
                return false;
            }
            let frame = painter.screen.frame();
            let out = painter.screen.above(text, &frame, size(), painter.can);
            painter.write(&out);
            !painter.closed
        })
    });
    match drawn {
        Some(true) => Ok(()),
        _ => io::stderr().write_all(text.as_bytes()),
    }
}

/// Whether anything of ours is on the screen.
pub(super) fn is_shown() -> bool {
    let shown = |painter: &mut Painter| !painter.closed && !painter.screen.is_empty();
    DISPLAY.get().and_then(|display| display.at_painter(shown)).unwrap_or(false)
}

/// Hides the frame while `f` prints.
pub(super) fn suspend<R>(f: impl FnOnce() -> R) -> R {
    let Some((display, _paints)) = DISPLAY.get().zip(Paints::begin()) else { return f() };
    let mut painter = display.painter.lock().unwrap_or_else(PoisonError::into_inner);
    let can = painter.can;
    if can.pinned {
        // What is printed scrolls above the bars as it is.
        return f();
    }
    let frame = painter.screen.frame();
    let out = painter.screen.clear();
    painter.write(&out);
    let again = Again { painter, frame };
    let result = f();
    drop(again);
    result
}

/// Puts the frame back, also when the one who had it hidden panics.
struct Again<'a> {
    painter: MutexGuard<'a, Painter>,
    frame: Frame,
}

impl Drop for Again<'_> {
    fn drop(&mut self) {
        let can = self.painter.can;
        let out = self.painter.screen.paint(&self.frame, size(), can);
        self.painter.write(&out);
    }
}

/// Leaves the screen as it is, for good: the process is about to exit.
#[cfg(feature = "signal")]
pub(crate) fn leave() {
    let Some(display) = DISPLAY.get() else { return };
    // A terminal that does not take what is written to it must not hold up the exit.
    for _ in 0..20 {
        match display.painter.try_lock() {
            Ok(mut painter) => {
                let can = painter.can;
                let mut out = painter.screen.leave(size(), can);
                if painter.taskbar != Taskbar::Nothing {
                    out.push_str(&Taskbar::Nothing.encode());
                }
                painter.write(&out);
                painter.closed = true;
                return;
            }
            Err(std::sync::TryLockError::Poisoned(_)) => return,
            Err(std::sync::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Has panics print above the frame, as they always do.
fn print_panics_above() {
    if thread::panicking() {
        // The hook cannot be set by a thread that panics.
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| suspend(|| before(panic))));
}

fn hint(snapshot: &Snapshot) -> Hint {
    if !is_heard(snapshot) {
        return Hint::None;
    }
    match snapshot.status {
        RunStatus::Pending | RunStatus::Running if snapshot.cancellable => Hint::Cancel,
        RunStatus::Cancelling => Hint::Leave,
        _ => Hint::None,
    }
}

#[cfg(feature = "signal")]
fn is_heard(snapshot: &Snapshot) -> bool {
    crate::signals::is_heard(&snapshot.run)
}

#[cfg(not(feature = "signal"))]
fn is_heard(_snapshot: &Snapshot) -> bool {
    false
}

/// The columns and rows of the terminal, as they are now.
fn size() -> Size {
    match terminal_size_of(io::stderr()) {
        Some((Width(width @ 1..), Height(height @ 1..))) => (width.into(), height.into()),
        _ => (80, 24),
    }
}
