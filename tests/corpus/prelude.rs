#![allow(warnings)]
use progress_runtime::{Interrupted, Progress};
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

thread_local! {
    static TRACE: RefCell<Vec<String>> = RefCell::new(Vec::new());
    static FAILED: Cell<bool> = Cell::new(false);
}

fn log(text: impl Into<String>) {
    TRACE.with(|trace| trace.borrow_mut().push(text.into()));
}

/// Logs its drop.
#[derive(Debug)]
pub struct Noisy(pub &'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        log(format!("drop {}", self.0));
    }
}

impl Noisy {
    fn len(&self) -> u32 {
        self.0.len() as u32
    }
    fn name(&self) -> &str {
        self.0
    }
    fn guard(&self) -> Guard<'_> {
        Guard(self)
    }
    fn some(&self) -> Option<u32> {
        Some(self.len())
    }
    fn none(&self) -> Option<u32> {
        None
    }
}

/// Logs its drop, and borrows.
pub struct Guard<'a>(&'a Noisy);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        log(format!("release {}", (self.0).0));
    }
}

impl Guard<'_> {
    fn value(&self) -> u32 {
        self.0.len()
    }
    fn option(&self) -> Option<u32> {
        self.0.some()
    }
}

fn noisy(name: &'static str) -> Noisy {
    log(format!("make {}", name));
    Noisy(name)
}

/// Is pending once.
struct Pause(bool);

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn pause() -> Pause {
    Pause(false)
}

fn hidden() -> Progress {
    Progress::hidden()
}

/// A share that is not that of a step.
fn detached() -> Progress {
    Progress::hidden()
}

async fn job(_: Progress, value: u32) -> Result<u32, Interrupted> {
    pause().await;
    Ok(value)
}

async fn give(_: Progress, name: &'static str) -> Noisy {
    let noisy = noisy(name);
    pause().await;
    noisy
}

async fn try_give(_: Progress, name: &'static str) -> Result<Noisy, Interrupted> {
    let noisy = noisy(name);
    pause().await;
    Ok(noisy)
}

async fn borrow<'a>(_: Progress, noisy: &'a Noisy) -> Result<&'a str, Interrupted> {
    pause().await;
    Ok(noisy.name())
}

async fn take(_: Progress, noisy: Noisy) -> u32 {
    pause().await;
    noisy.len()
}

async fn fail(_: Progress) -> Result<u32, Interrupted> {
    pause().await;
    Err(Interrupted::TimedOut)
}

async fn open<T: Default>(_: Progress) -> T {
    pause().await;
    T::default()
}

async fn open_result<T: Default>(_: Progress) -> Result<T, Interrupted> {
    pause().await;
    Ok(T::default())
}

async fn give_ref(_: Progress, text: &String) -> &String {
    pause().await;
    text
}

async fn give_fn(_: Progress) -> fn(u32) -> u32 {
    |x| x + 1
}

async fn open_box(_: Progress) -> Result<Box<dyn Debug>, Interrupted> {
    Ok(Box::new(3u8))
}

/// Neither `Debug` nor `Display`.
pub struct Silent;

async fn silent(_: Progress) -> Result<u32, Silent> {
    pause().await;
    Err(Silent)
}

/// A future of any type, whose value is logged.
trait Traced {
    /// Whether it has ended.
    fn poll_and_log(self: Pin<&mut Self>) -> bool;
}

impl<F: Future> Traced for F
where
    F::Output: Debug,
{
    fn poll_and_log(self: Pin<&mut Self>) -> bool {
        match self.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => {
                log(format!("value {:?}", value));
                true
            }
            Poll::Pending => false,
        }
    }
}

/// Makes a future. Without its type, which the compiler would build the comparison for.
type Make<'a> = &'a dyn Fn() -> Pin<Box<dyn Traced>>;

/// The trace of a future that is dropped after so many polls, and whether it has ended.
fn trace(make: Make, polls: usize) -> (Vec<String>, bool) {
    TRACE.with(|trace| trace.borrow_mut().clear());
    let mut future = make();
    let ended = (0..polls).any(|_| future.as_mut().poll_and_log());
    log("end");
    drop(future);
    (TRACE.with(|trace| trace.borrow().clone()), ended)
}

fn compare(name: &str, plain: Make, workflow: Make) {
    for polls in 0..50 {
        let (of_plain, ended) = trace(plain, polls);
        let (of_workflow, _) = trace(workflow, polls);
        if of_plain != of_workflow {
            println!(
                "{} after {} polls:\n  plain    {:?}\n  workflow {:?}",
                name, polls, of_plain, of_workflow
            );
            FAILED.with(|failed| failed.set(true));
            return;
        }
        if ended {
            return;
        }
    }
}

/// Compares two calls that are no futures.
fn compare_calls<P: Debug, W: Debug>(name: &str, plain: impl Fn() -> P, workflow: impl Fn() -> W) {
    let traced = |call: &dyn Fn() -> String| {
        TRACE.with(|trace| trace.borrow_mut().clear());
        let value = call();
        log(value);
        TRACE.with(|trace| trace.borrow().clone())
    };
    let of_plain = traced(&|| format!("value {:?}", plain()));
    let of_workflow = traced(&|| format!("value {:?}", workflow()));
    if of_plain != of_workflow {
        println!("{}:\n  plain    {:?}\n  workflow {:?}", name, of_plain, of_workflow);
        FAILED.with(|failed| failed.set(true));
    }
}

/// Whether a future is `Send`, which the compiler knows where the method is chosen.
struct Sends<'a, T>(&'a T);

impl<T: Send> Sends<'_, T> {
    fn sends(&self) -> bool {
        true
    }
}

trait StaysHere {
    fn sends(&self) -> bool {
        false
    }
}

impl<T> StaysHere for Sends<'_, T> {}

/// Has the auto traits of what a future gives.
fn given<F: Future>(_: &F) -> std::marker::PhantomData<F::Output> {
    std::marker::PhantomData
}

/// A workflow keeps its value while it waits for the tasks that it has spawned.
macro_rules! same_send {
    ($name:expr, $plain:expr, $workflow:expr) => {{
        let (plain, workflow) = ($plain, $workflow);
        let plain = Sends(&plain).sends() && Sends(&given(&plain)).sends();
        let workflow = Sends(&workflow).sends();
        if plain != workflow {
            println!("{}: Send: plain {}, workflow {}", $name, plain, workflow);
            FAILED.with(|failed| failed.set(true));
        }
    }};
}

fn finish() {
    if FAILED.with(|failed| failed.get()) {
        std::process::exit(1);
    }
}
