//! Work that blocks, on threads of its own, so that the executor goes on.

use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::sync::oneshot;

/// Runs `work` on a thread, and returns its result.
///
/// # Errors
///
/// Returns an error if no thread can be started, or if `work` panics.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    let work = move || {
        // Nobody may wait for it any more.
        let _ = done.send(work());
    };
    thread::Builder::new().name("progress-journal".to_owned()).spawn(work)?;
    result.await.map_err(|_| io::Error::other("the thread that did it has panicked"))
}

/// A thread that makes what was written last over a loss of power. Requests that come while it is
/// at work share the next sync.
pub(super) struct Syncer {
    requests: mpsc::Sender<oneshot::Sender<Synced>>,
}

/// The result of a sync. The text of an error, as several requests may share it.
type Synced = Result<(), String>;

impl Syncer {
    pub(super) fn start(sync: impl Fn() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (requests, received) = mpsc::channel::<oneshot::Sender<Synced>>();
        let work = move || {
            while let Ok(first) = received.recv() {
                let shared: Vec<_> = std::iter::once(first).chain(received.try_iter()).collect();
                let synced = sync().map_err(|error| error.to_string());
                for request in shared {
                    let _ = request.send(synced.clone());
                }
            }
        };
        thread::Builder::new().name("progress-journal".to_owned()).spawn(work)?;
        Ok(Self { requests })
    }

    /// Syncs all that was written before this call.
    pub(super) fn sync(&self) -> impl Future<Output = Synced> + Send + use<> {
        let (request, synced) = oneshot::channel();
        let sent = self.requests.send(request);
        async move {
            let gone = || "the thread that syncs it is gone".to_owned();
            sent.map_err(|_| gone())?;
            synced.await.map_err(|_| gone())?
        }
    }
}
