//! A workflow whose steps carry out the orders of a test, one after the other.

use std::fmt;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use backon::ConstantBuilder;
use progress_runtime::jobs::FollowError;
use progress_runtime::{Interrupted, JobUpdate, Progress, RemoteJob, workflow};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The error of a step.
#[derive(Debug)]
pub struct Wrong(String);

impl Wrong {
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Interrupted> for Wrong {
    fn from(interrupted: Interrupted) -> Self {
        Self(interrupted.to_string())
    }
}

impl From<FollowError<Wrong>> for Wrong {
    fn from(error: FollowError<Wrong>) -> Self {
        Self(error.to_string())
    }
}

/// Sends orders to the steps, and to the remote job.
#[derive(Clone)]
pub struct Director {
    steps: UnboundedSender<String>,
    farm: UnboundedSender<String>,
}

/// Receives them.
#[derive(Clone)]
pub struct Orders {
    steps: Queue,
    farm: Queue,
}

#[derive(Clone)]
struct Queue(Arc<Mutex<UnboundedReceiver<String>>>);

pub fn orders() -> (Director, Orders) {
    let (steps, steps_queue) = unbounded_channel();
    let (farm, farm_queue) = unbounded_channel();
    let queue = |receiver| Queue(Arc::new(Mutex::new(receiver)));
    (Director { steps, farm }, Orders { steps: queue(steps_queue), farm: queue(farm_queue) })
}

impl Director {
    /// Sends orders to the steps: `length 40`, `inc 1`, `message …`, `error …`, `done`, `fail …`,
    /// `hang`.
    pub fn order<const N: usize>(&self, orders: [&str; N]) {
        for order in orders {
            self.steps.send(order.to_owned()).expect("the scene listens");
        }
    }

    /// Sends orders to the remote job: `frame 3/40`, `done`.
    pub fn order_farm<const N: usize>(&self, orders: [&str; N]) {
        for order in orders {
            self.farm.send(order.to_owned()).expect("the scene listens");
        }
    }
}

impl Queue {
    async fn next(&self) -> Option<String> {
        self.0.lock().await.recv().await
    }
}

workflow!(
    /// Six steps, with retries, a skipped step, a loop and parallel branches.
    pub async fn process_new_scenes(orders: &Orders, progress: Progress) -> Result<(), Wrong> {
        #[step(15, "Process downloads")]
        work(orders, progress).await?;

        #[step(15, "Scan metadata")]
        #[retry(ConstantBuilder::new().with_delay(Duration::ZERO).with_max_times(3))]
        work(orders, progress).await?;

        #[step(10, "Incremental sync")]
        #[skip("no pending scenes")]
        if orders.farm.0.lock().await.is_closed() {
            work(orders, progress).await?;
        }

        #[step(35, "Analyze scenes")]
        for batch in 0..7 {
            let _ = batch; // only names the rows
            #[step(3, "Analysis")]
            work(orders, progress).await?;

            // A batch whose changes cannot be applied stops no other batch.
            #[step(1, "Apply changes")]
            let _: Result<(), Wrong> = work(orders, progress).await;

            #[step(1, "Clean up")]
            work(orders, progress).await?;
        }

        #[step(15, "Generate previews")]
        #[parallel]
        let ((), ()) = (
            #[step(2, "Render on the farm")]
            progress.follow(Rendering::new(orders)).await?,
            #[step(1, "Sprites")]
            work(orders, progress).await?,
        );

        #[step(10, "Final sync")]
        work(orders, progress).await?;

        Ok(())
    }
);

workflow!(
    /// One step without a total.
    pub async fn wait(orders: &Orders, progress: Progress) -> Result<(), Wrong> {
        #[step(1, "Wait for the disk")]
        work(orders, progress).await?;

        Ok(())
    }
);

async fn work(orders: &Orders, mut progress: Progress) -> Result<(), Wrong> {
    while let Some(order) = orders.steps.next().await {
        let (verb, rest) = order.split_once(' ').unwrap_or((&order, ""));
        match verb {
            "length" => progress.set_length(rest.parse().expect("a length")),
            "inc" => progress.inc(rest.parse().expect("a number")),
            "message" => progress.set_message(rest.to_owned()),
            "error" => progress.record_error(rest),
            "fail" => return Err(Wrong::new(rest)),
            "hang" => pending().await,
            "done" => break,
            _ => panic!("no such order: {order}"),
        }
    }
    Ok(())
}

/// A remote job with orders of its own, which ends by an order even when it is cancelled.
struct Rendering {
    orders: Queue,
    over: bool,
}

impl Rendering {
    fn new(orders: &Orders) -> Self {
        Self { orders: orders.farm.clone(), over: false }
    }
}

impl RemoteJob for Rendering {
    type Output = ();
    type Error = Wrong;

    fn id(&self) -> String {
        "7".to_owned()
    }

    fn kind(&self) -> String {
        "render job".to_owned()
    }

    async fn watch(&mut self) -> Option<JobUpdate> {
        let order = self.orders.next().await?;
        let Some((frame, frames)) = order.strip_prefix("frame ").and_then(|it| it.split_once('/'))
        else {
            self.over = true;
            return None;
        };
        let fraction = frame.parse::<f64>().ok()? / frames.parse::<f64>().ok()?;
        Some(JobUpdate::fraction(fraction).with_message(format!("frame {frame} of {frames}")))
    }

    async fn cancel(&mut self) {}

    async fn join(&mut self) -> Result<(), Wrong> {
        if !self.over {
            self.orders.next().await;
        }
        Ok(())
    }
}
