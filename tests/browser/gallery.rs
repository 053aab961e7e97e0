//! A service with runs in various states for `docs/browser-pictures`. It prints their addresses,
//! and continues at each line on its standard input.

mod scene;

use std::io::stdin;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use progress_axum::Runs;
use progress_runtime::{ManualClock, Progress, Run, RunStatus};
use tokio::net::TcpListener;
use tokio::task::{spawn_blocking, yield_now};

use scene::{Director, Orders, orders, process_new_scenes, wait};

/// A run on its own clock, so that it can show long durations.
struct Played {
    run: Run,
    clock: ManualClock,
    director: Director,
}

impl Played {
    fn start<F: Future<Output = ()> + Send + 'static>(
        runs: &Runs,
        title: &str,
        play: impl FnOnce(Orders, Progress) -> F,
    ) -> Self {
        let clock = ManualClock::new();
        clock.advance(UNIX_EPOCH.elapsed().expect("1970 is over"));
        let (run, progress) = Run::builder(title).clock(&clock).start();
        runs.add(run.clone());
        let (director, orders) = orders();
        tokio::spawn(play(orders, progress));
        Self { run, clock, director }
    }

    /// Gives orders, and advances the clock once they are carried out.
    async fn play<const N: usize>(&self, seconds: u64, orders: [&str; N]) {
        self.director.order(orders);
        for _ in 0..1_000 {
            yield_now().await;
        }
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
        }
    }

    async fn to_the_loop(&self) {
        self.play(48, ["length 42", "inc 42"]).await;
        self.play(62, ["done", "length 310", "inc 310"]).await;
        self.play(1, ["done"]).await;
    }
}

async fn scenes(orders: Orders, progress: Progress) {
    // The run keeps its end.
    let _ = process_new_scenes(&orders, progress).await;
}

/// Waits for a line on the standard input, which comes after each picture.
async fn next_picture() {
    spawn_blocking(|| stdin().read_line(&mut String::new()))
        .await
        .expect("it reads")
        .expect("a line");
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runs = Runs::new();

    let failed = Played::start(&runs, "Nightly import", scenes);
    failed.to_the_loop().await;
    failed.play(30, ["length 100", "inc 100"]).await;
    failed.play(9, ["done", "done", "done", "length 100", "inc 40"]).await;
    failed.play(0, ["fail the catalogue is locked by another process"]).await;
    assert_eq!(failed.run.status(), RunStatus::Failed);

    let done = Played::start(&runs, "Process archived scenes", scenes);
    done.to_the_loop().await;
    for _ in 1..=7 {
        done.play(21, ["length 100", "inc 100"]).await;
        done.play(1, ["done", "done", "done"]).await;
    }
    done.director.order_farm(["frame 40/40", "done"]);
    done.play(30, ["done"]).await;
    done.play(0, ["done"]).await;
    assert_eq!(done.run.status(), RunStatus::Completed);

    let waits = Played::start(&runs, "Mount the archive", |orders, progress| async move {
        let _ = wait(&orders, progress).await;
    });
    waits.play(7, ["message spinning up"]).await;

    let main = Played::start(&runs, "Process new scenes", scenes);
    main.to_the_loop().await;
    main.play(30, ["length 100", "inc 62"]).await;

    let app: Router = Router::new().merge(runs.router("/workflows"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    println!("http://{address}/workflows {} {}", main.run.id(), failed.run.id());
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    next_picture().await;
    main.play(12, ["inc 38", "done", "done", "done", "length 100"]).await;
    main.play(30, ["inc 100", "done", "fail 2 changes could not be applied"]).await;
    next_picture().await;
    main.play(12, ["done", "length 100"]).await;
    main.play(12, ["inc 62", "message IMG_2041.jpg"]).await;
    server.await.expect("it is not stopped").expect("it serves");
}
