//! Parameters are dropped as an `async fn` drops them.

#![deny(warnings)]

use progress_runtime::{Progress, workflow};

use std::cell::RefCell;

thread_local!(static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) });

struct Noisy(&'static str);

impl Drop for Noisy {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

async fn plain(first: Noisy, _: Noisy, (third, _fourth): (Noisy, Noisy), _progress: Progress) {
    let _local = Noisy("local");
    std::future::ready(()).await;
    drop(third);
    let _ = &first;
}

workflow!(
    async fn lowered(first: Noisy, _: Noisy, (third, _fourth): (Noisy, Noisy), progress: Progress) {
        let _local = Noisy("local");
        #[step(1, "Working")]
        drop(progress);
        drop(third);
        let _ = &first;
    }
);

fn order<F: Future>(workflow: fn(Noisy, Noisy, (Noisy, Noisy), Progress) -> F) -> Vec<&'static str> {
    let noisy = (Noisy("third"), Noisy("fourth"));
    let future = workflow(Noisy("first"), Noisy("second"), noisy, Progress::hidden());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future);
    DROPPED.take()
}

fn main() {
    assert_eq!(order(lowered), order(plain));
}
