//! The points at which a test lets something happen.

use std::error::Error;
use std::fmt;
use std::panic::{Location, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::path::{Happens, Path};
use crate::Run;
use crate::sync::lock;

/// The points that code under test passes, at each of which [`Conformance`](super::Conformance) has
/// an error, a panic, a cancel and a drop happen once.
///
/// Give it to the doubles that your workflow works with, and let go of it with them: what still
/// holds it when the run has ended is alive after the end, which the test reports. A clone counts
/// the same points.
///
/// ```
/// use progress_runtime::testing::{Conformance, Faults};
/// use progress_runtime::{Progress, StepStatus, workflow};
///
/// /// Stands for the server.
/// struct Server(Faults);
///
/// impl Server {
///     async fn page(&self, number: u32) -> std::io::Result<String> {
///         self.0.point().map_err(std::io::Error::other)?;
///         Ok(format!("page {number}"))
///     }
/// }
///
/// workflow!(
///     async fn mirror(server: Server, progress: Progress) -> Result<(), anyhow::Error> {
///         #[step(1, "Fetching")]
///         for number in 0..3 {
///             progress.set_message(server.page(number).await?);
///         }
///         Ok(())
///     }
/// );
///
/// let coverage = Conformance::new().check(|progress, faults| mirror(Server(faults), progress));
/// assert_eq!(coverage.points(), 3);
/// assert!(coverage.has_reached("fetching", StepStatus::Failed));
/// ```
#[derive(Clone)]
pub struct Faults {
    inner: Arc<Inner>,
}

struct Inner {
    run: Run,
    path: Path,
    passed: Mutex<Vec<&'static Location<'static>>>,
    is_dropped: AtomicBool,
    is_cancelled: AtomicBool,
    /// Wakes the workflow, so that a drop happens though it waits.
    waker: Mutex<Option<Waker>>,
}

impl Faults {
    pub(super) fn new(run: &Run, path: Path) -> Self {
        Self {
            inner: Arc::new(Inner {
                run: run.clone(),
                path,
                passed: Mutex::default(),
                is_dropped: AtomicBool::new(false),
                is_cancelled: AtomicBool::new(false),
                waker: Mutex::default(),
            }),
        }
    }

    /// Passes a point: returns, fails, panics, cancels the run or has the workflow dropped.
    ///
    /// # Errors
    ///
    /// Fails where the path says so. The error converts into `anyhow::Error` and boxed errors by a
    /// `?`; map it into an error of your own.
    ///
    /// # Panics
    ///
    /// Panics where the path says so. The panic is not printed.
    #[track_caller]
    pub fn point(&self) -> Result<(), InjectedFault> {
        let place = Location::caller();
        let number = {
            let mut passed = lock(&self.inner.passed);
            passed.push(place);
            passed.len() - 1
        };
        match self.inner.path {
            Path::At(at, happens) if at == number => self.happen(happens, place),
            _ => Ok(()),
        }
    }

    fn happen(
        &self,
        happens: Happens,
        place: &'static Location<'static>,
    ) -> Result<(), InjectedFault> {
        match happens {
            Happens::Failure => return Err(InjectedFault { place }),
            Happens::Panic => resume_unwind(Box::new(InjectedFault { place }.to_string())),
            Happens::Cancel => self.cancel(),
            Happens::Drop => {
                self.inner.is_dropped.store(true, SeqCst);
                let waker = lock(&self.inner.waker).take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            }
        }
        Ok(())
    }

    /// The run that the workflow is played in, for a double that looks at it.
    ///
    /// ```
    /// use progress_runtime::testing::Conformance;
    /// use progress_runtime::RunStatus;
    ///
    /// Conformance::new().check(|progress, faults| async move {
    ///     assert_ne!(faults.run().status(), RunStatus::Completed); // it may be cancelled
    ///     progress.finish();
    /// });
    /// ```
    pub fn run(&self) -> &Run {
        &self.inner.run
    }

    pub(super) fn path(&self) -> Path {
        self.inner.path
    }

    pub(super) fn cancel(&self) {
        if self.inner.run.cancel() {
            self.inner.is_cancelled.store(true, SeqCst);
        }
    }

    /// Whether the path has cancelled the run before its end.
    pub(super) fn has_cancelled(&self) -> bool {
        self.inner.is_cancelled.load(SeqCst)
    }

    pub(super) fn must_drop(&self) -> bool {
        self.inner.is_dropped.load(SeqCst)
    }

    pub(super) fn set_waker(&self, waker: &Waker) {
        let replaced = lock(&self.inner.waker).replace(waker.clone());
        drop(replaced);
    }

    pub(super) fn passed(&self) -> Vec<&'static Location<'static>> {
        lock(&self.inner.passed).clone()
    }

    /// How many handles to these points there are.
    pub(super) fn holders(&self) -> usize {
        Arc::strong_count(&self.inner)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// The error that [`Faults::point`] returns.
#[derive(Clone, Debug)]
pub struct InjectedFault {
    place: &'static Location<'static>,
}

impl fmt::Display for InjectedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "injected at {}:{}", self.place.file(), self.place.line())
    }
}

impl Error for InjectedFault {}
