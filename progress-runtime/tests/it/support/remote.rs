//! A job in another system, and the test's control of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use progress_runtime::{JobUpdate, RemoteJob};
use tokio::sync::{mpsc, oneshot};

/// A job that a workflow follows. It has vanished once its [`JobControl`] is dropped.
pub(crate) struct FakeJob {
    pub(crate) id: &'static str,
    kind: &'static str,
    updates: mpsc::UnboundedReceiver<JobUpdate>,
    cancels: Arc<AtomicU32>,
    end: oneshot::Receiver<Result<u32, String>>,
}

/// The other end of a [`FakeJob`].
pub(crate) struct JobControl {
    /// `None` once there are no further updates.
    pub(crate) updates: Option<mpsc::UnboundedSender<JobUpdate>>,
    /// How many times the job was cancelled.
    pub(crate) cancels: Arc<AtomicU32>,
    pub(crate) end: oneshot::Sender<Result<u32, String>>,
}

/// A job, and the control of it.
pub(crate) fn remote_job(id: &'static str, kind: &'static str) -> (FakeJob, JobControl) {
    let (sender, updates) = mpsc::unbounded_channel();
    let (end, ended) = oneshot::channel();
    let cancels = Arc::new(AtomicU32::new(0));
    let control = JobControl { updates: Some(sender), cancels: Arc::clone(&cancels), end };
    (FakeJob { id, kind, updates, cancels, end: ended }, control)
}

impl JobControl {
    pub(crate) fn send(&self, update: JobUpdate) {
        self.updates.as_ref().unwrap().send(update).unwrap();
    }

    pub(crate) fn finish(mut self, result: Result<u32, &str>) {
        self.updates.take();
        self.end.send(result.map_err(str::to_owned)).unwrap();
    }
}

impl RemoteJob for FakeJob {
    type Output = u32;
    type Error = String;

    fn id(&self) -> String {
        self.id.to_owned()
    }

    fn kind(&self) -> String {
        self.kind.to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        self.updates.recv().await
    }

    async fn cancel(&mut self) {
        self.cancels.fetch_add(1, SeqCst);
    }

    async fn join(&mut self) -> Result<u32, String> {
        (&mut self.end).await.unwrap_or_else(|_| Err(format!("{} has vanished", self.id)))
    }
}

/// A job that panics while it is followed.
pub(crate) struct PanickingJob;

impl RemoteJob for PanickingJob {
    type Output = ();
    type Error = String;

    fn id(&self) -> String {
        "broken".to_owned()
    }

    fn kind(&self) -> String {
        "test".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        panic!("deliberate")
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), String> {
        Ok(())
    }
}
