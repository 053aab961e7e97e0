//! The engine: apalis' worker over this crate's persistence.
//!
//! An error of the persistence would end the worker, and a wait in `fetch_next` would stop its
//! heart. So the persistence has no errors: it waits for the database in `register` and
//! `heartbeat`, where the worker has nothing to say anyhow, and gives up a fetch after a pause.

use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll};

use apalis_core::backend::finalize::Ephemeral;
use apalis_core::backend::persistence::{Persisted, Persistence, TaskEvent};
use apalis_core::backend::{Backend, BackendConfig};
use apalis_core::task::Task;
use apalis_core::task::builder::TaskBuilder;
use apalis_core::worker::Worker;
use apalis_core::worker::context::WorkerContext;
use tower::layer::util::Identity;
use ulid::Ulid;

use crate::crew::{Crew, Started};
use crate::logging;

/// Runs the engine. It ends only when it is dropped.
pub(crate) async fn run(crew: Arc<Crew>) {
    let context = crew.context.clone();
    let persisted = Persisted::new(Knocks { crew: Arc::clone(&crew) });
    let backend = Engine { crew: Arc::clone(&crew), persisted };
    let service = tower::service_fn(move |task: Task<Started>| {
        let job = crew.run(task.take().0);
        async move {
            // The task of the job catches its panics, and nobody aborts it.
            let _ = job.await;
            Ok::<_, Infallible>(())
        }
    });
    let worker = Worker::<Started, _, _, _>::new(context, backend, service, Identity::new());
    if let Err(error) = worker.run().await {
        logging::warn(format_args!("the engine of a worker has stopped: {error}"));
    }
}

/// apalis' backend: it fetches when the worker was woken, and not when it is merely polled.
struct Engine {
    crew: Arc<Crew>,
    persisted: Persisted<Knocks>,
}

impl Backend for Engine {
    type Task = Task<Started>;
    type Error = Infallible;

    fn poll_ready(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        self.persisted.poll_ready(cx, worker, self.crew.beat)
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Option<Result<Task<Started>, Infallible>>> {
        // A wake that comes while a fetch is on its way leads to another look, by its flag.
        self.crew.wake.register(cx.waker());
        self.persisted.poll_next(cx, worker)
    }

    fn poll_close(
        &mut self,
        cx: &mut Context<'_>,
        worker: &WorkerContext,
    ) -> Poll<Result<(), Infallible>> {
        self.persisted.poll_close(cx, worker)
    }
}

impl BackendConfig for Engine {
    type Args = Started;
    type Id = Ulid;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

/// apalis' persistence: the knocks for one worker.
#[derive(Clone)]
struct Knocks {
    crew: Arc<Crew>,
}

impl Persistence for Knocks {
    type Compact = Started;
    type Response = ();
    type Error = Infallible;

    async fn register(&mut self, _: &WorkerContext) -> Result<(), Infallible> {
        self.crew.register().await;
        Ok(())
    }

    async fn heartbeat(&mut self, _: &WorkerContext) -> Result<(), Infallible> {
        self.crew.heartbeat().await;
        Ok(())
    }

    async fn fetch_next(&mut self, _: &WorkerContext) -> Result<Vec<Task<Started>>, Infallible> {
        // No more than there are slots: a job that waits here would count as begun.
        let started = self.crew.begin().await;
        Ok(started.into_iter().map(|started| TaskBuilder::new(started).build()).collect())
    }

    async fn reenqueue_abandoned(
        &mut self,
        tasks: Vec<Task<Started>>,
        _: &WorkerContext,
    ) -> Result<u64, Infallible> {
        let count = tasks.len() as u64;
        self.push_tasks(tasks).await?;
        Ok(count)
    }

    /// A knock is acknowledged in the transaction that ends its job.
    fn handle_events(
        &mut self,
        _: Vec<TaskEvent<()>>,
        _: &WorkerContext,
    ) -> impl Future<Output = Result<(), Infallible>> + Send {
        ready(Ok(()))
    }

    async fn push_tasks(&mut self, tasks: Vec<Task<Started>>) -> Result<(), Infallible> {
        self.crew.decline(tasks.into_iter().map(|task| task.take().0).collect()).await;
        Ok(())
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::collections::HashMap;
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::task::Poll;
    use std::time::Duration;

    use apalis_core::backend::Backend;
    use apalis_core::backend::persistence::Persisted;
    use tokio::time::timeout;

    use super::{Engine, Knocks};
    use crate::crew::{Crew, Terms};
    use crate::handler::Handler;
    use crate::ids;
    use crate::kind::Kind;
    use crate::roster::Roster;
    use crate::signal::Signal;
    use crate::store::{NewJob, Store};

    const SCAN: Kind<(), ()> = Kind::new("scan");

    fn engine(store: &Store, signal: &Signal) -> Engine {
        let handler = Handler::new(SCAN.terms(), |(), _| async { Ok::<_, String>(()) });
        let terms = Terms {
            store: store.clone(),
            roster: Arc::new(Roster::default()),
            wake: signal.worker(),
            concurrency: 64,
            beat: Duration::from_secs(60),
            dead_after: Duration::from_secs(60),
            handlers: HashMap::from([("scan", handler)]),
            journals: Arc::new(|journal| journal),
        };
        let crew = Crew::new(&ids::id(), terms);
        Engine { crew: Arc::clone(&crew), persisted: Persisted::new(Knocks { crew }) }
    }

    /// Nothing else makes this engine look again: it has no fallback.
    #[tokio::test]
    async fn a_wake_that_comes_during_a_look_leads_to_another() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("jobs.db").display());
        let signal = Arc::new(Signal::default());
        let store = Store::connect(&url, Arc::clone(&signal)).await.unwrap();
        let mut engine = engine(&store, &signal);
        let context = engine.crew.context.clone();
        poll_fn(|cx| engine.poll_ready(cx, &context)).await.unwrap();
        for _ in 0..20 {
            let begins = poll_fn(|cx| Poll::Ready(engine.poll_next(cx, &context))).await;
            assert!(begins.is_pending(), "there is no job yet, and the look is on its way");
            let job = NewJob::without_parent(SCAN.terms(), ids::id(), "null".to_owned());
            let id = store.create(&job).await.unwrap();
            let next = poll_fn(|cx| engine.poll_next(cx, &context));
            let begun = timeout(Duration::from_secs(10), next).await.expect("the wake was lost");
            let attempt = begun.unwrap().unwrap().take().0.attempt;
            assert_eq!(attempt.fence.id, id);
        }
    }
}
