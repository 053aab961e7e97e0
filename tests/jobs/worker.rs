//! A process with a worker for the database in its argument. It takes the orders for its jobs from
//! its standard input, and ends with it.

mod kinds;

use std::io::stdin;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

#[tokio::main]
async fn main() {
    let url = std::env::args().nth(1).expect("the URL of a database");
    let jobs = kinds::connect(&url).await;
    let (orders, queue) = mpsc::unbounded_channel();
    let (ended, end) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        for order in stdin().lines().map_while(Result::ok) {
            if orders.send(order).is_err() {
                break;
            }
        }
        drop(ended);
    });
    let worker = kinds::worker(&jobs, &Arc::new(Mutex::new(queue)));
    worker
        .run(async {
            let _ = end.await;
        })
        .await;
}
