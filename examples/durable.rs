//! A workflow that goes on where it stopped.
//!
//! ```text
//! cargo run --example durable           # stop it with Ctrl-C, or with kill -9
//! cargo run --example durable           # goes on with the order that it was in
//! ```

use std::time::Duration;

use anyhow::Result;
use progress_runtime::{Journal, Lines, Progress, Run, workflow};
use serde::{Deserialize, Serialize};

/// The values of steps are kept, so they can be written and read.
#[derive(Deserialize, Serialize)]
struct Order {
    id: u32,
    parcels: u64,
}

workflow!(
    #[durable]
    async fn ship(progress: Progress) -> Result<u64> {
        #[step(1, "Reading orders")]
        let orders = read_orders(progress).await?;

        let parcels = orders.iter().map(|order| order.parcels).sum();

        #[step(8, "Shipping {} orders", orders.len())]
        #[key(order.id)] // an order that was shipped is not shipped again
        for order in orders {
            #[step(3, "Packing order {}", order.id)]
            pack(&order, progress).await?;

            #[step(1, "Telling the carrier")]
            #[uncancellable]
            tell_the_carrier(order.id, progress).await?;
        }

        Ok(parcels)
    }
);

async fn read_orders(mut progress: Progress) -> Result<Vec<Order>> {
    progress.set_message("Reading");
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok((1..=5).map(|id| Order { id, parcels: u64::from(id % 3) + 1 }).collect())
}

async fn pack(order: &Order, mut progress: Progress) -> Result<()> {
    progress.set_length(order.parcels);
    for _ in 0..order.parcels {
        tokio::time::sleep(Duration::from_millis(400)).await;
        progress.inc(1);
    }
    Ok(())
}

/// The carrier may be told twice, if the process dies after it was told and before that is recorded.
/// It knows an order by its id, so the second time changes nothing.
async fn tell_the_carrier(_id: u32, mut progress: Progress) -> Result<()> {
    progress.set_message("Calling");
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}

#[tokio::main]
async fn main() -> Result<()> {
    let journal = Journal::file(std::env::temp_dir().join("progress-ship.journal"));
    let (run, progress) = Run::builder("Ship").journal(journal).start().await?;
    run.report_to(Lines::stderr()).cancel_on_ctrl_c();
    println!("{} parcels", ship(progress).await?);
    Ok(())
}
