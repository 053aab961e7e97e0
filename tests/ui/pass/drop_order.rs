//! Parameters are dropped as an `async fn` drops them.

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

struct Pair {
    _kept: Noisy,
    taken: Noisy,
}

impl Pair {
    async fn unused(self, _other: Noisy, _progress: Progress) {
        let _local = Noisy("local");
    }

    async fn taken_apart(self, _other: Noisy, _progress: Progress) {
        let _local = Noisy("local");
        drop(self.taken);
    }

    async fn in_a_box(self: Box<Self>, _other: Noisy, _progress: Progress) {
        let _local = Noisy("local");
    }

    fn sync(self, _other: Noisy, _progress: Progress) {
        let _local = Noisy("local");
        drop(self.taken);
    }
}

struct Lowered {
    _kept: Noisy,
    taken: Noisy,
}

impl Lowered {
    workflow!(
        async fn unused(self, _other: Noisy, progress: Progress) {
            let _local = Noisy("local");
            #[step(1, "Working")]
            drop(progress);
        }

        async fn taken_apart(self, _other: Noisy, progress: Progress) {
            let _local = Noisy("local");
            #[step(1, "Working")]
            drop(progress);
            drop(self.taken);
        }

        async fn in_a_box(self: Box<Self>, _other: Noisy, progress: Progress) {
            let _local = Noisy("local");
            #[step(1, "Working")]
            drop(progress);
        }

        fn sync(self, _other: Noisy, progress: Progress) {
            let _local = Noisy("local");
            #[step(1, "Working")]
            drop(progress);
            drop(self.taken);
        }
    );
}

/// What is dropped by a future that is polled to its end, or not at all.
fn of_method<F: Future>(
    polled: bool,
    method: impl FnOnce(Noisy, Progress) -> F,
) -> Vec<&'static str> {
    let future = method(Noisy("other"), Progress::hidden());
    if polled {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(future);
    } else {
        DROPPED.with_borrow_mut(|dropped| dropped.push("made"));
        drop(future);
    }
    DROPPED.take()
}

/// The rest of the items of a plain `for` is dropped after the body.
async fn plain_loop(items: Vec<Noisy>, _progress: Progress) {
    for item in items {
        std::future::pending::<()>().await;
        drop(item);
    }
}

workflow!(
    async fn concurrent_loop(items: Vec<Noisy>, progress: Progress) {
        #[step(1, "Items")]
        #[concurrent(1)]
        for item in items {
            std::future::pending::<()>().await;
            drop(item);
        }
    }
);

fn of_loop<F: Future>(workflow: fn(Vec<Noisy>, Progress) -> F) -> Vec<&'static str> {
    let items = vec![Noisy("one"), Noisy("two"), Noisy("three")];
    let mut future = Box::pin(workflow(items, Progress::hidden()));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    drop(future);
    DROPPED.take()
}

fn order<F: Future>(
    workflow: fn(Noisy, Noisy, (Noisy, Noisy), Progress) -> F,
) -> Vec<&'static str> {
    let noisy = (Noisy("third"), Noisy("fourth"));
    let future = workflow(Noisy("first"), Noisy("second"), noisy, Progress::hidden());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future);
    DROPPED.take()
}

#[test]
fn runs() {
    assert_eq!(order(lowered), order(plain));
    let (one, two) = (|| Noisy("one"), || Noisy("two"));
    for polled in [false, true] {
        assert_eq!(
            of_method(polled, |other, progress| Lowered { _kept: one(), taken: two() }
                .unused(other, progress)),
            of_method(polled, |other, progress| Pair { _kept: one(), taken: two() }
                .unused(other, progress)),
        );
        assert_eq!(
            of_method(polled, |other, progress| Lowered { _kept: one(), taken: two() }
                .taken_apart(other, progress)),
            of_method(polled, |other, progress| Pair { _kept: one(), taken: two() }
                .taken_apart(other, progress)),
        );
        assert_eq!(
            of_method(polled, |other, progress| Box::new(Lowered { _kept: one(), taken: two() })
                .in_a_box(other, progress)),
            of_method(polled, |other, progress| Box::new(Pair { _kept: one(), taken: two() })
                .in_a_box(other, progress)),
        );
    }
    Lowered { _kept: one(), taken: two() }.sync(Noisy("other"), Progress::hidden());
    let of_workflow = DROPPED.take();
    Pair { _kept: one(), taken: two() }.sync(Noisy("other"), Progress::hidden());
    assert_eq!(of_workflow, DROPPED.take());
    assert_eq!(of_loop(concurrent_loop), of_loop(plain_loop));
}
