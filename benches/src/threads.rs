//! Counting on two threads, and while another thread reads.

use std::time::Duration;

use crate::measure::Sampling;
use crate::parallel::parallel;
use crate::peers::{
    atomic_progress, headway, indicatif, kdam, prodash, progress_token, sitrep, tracing_indicatif,
    watch,
};
use crate::plan::{Section, Target};
use crate::{limits, observed, own};

const ONE: &str = "progress-runtime, 1 thread";
const ADDS: &str = "relaxed fetch_add, 2 threads, separate cache lines";

/// Takes more samples than usual, because two cores are rarely undisturbed at the same time.
fn sampling() -> Sampling {
    Sampling { rounds: 1_001, budget: Duration::from_secs(20), ..Sampling::default() }
}

pub fn sections() -> Vec<Section> {
    vec![leaves(), counter(), observed::section()]
}

fn leaves() -> Section {
    Section::timed("inc(1), each thread on its own leaf")
        .sampling(sampling())
        .limit("relaxed load, add, store, 1 thread", || limits::stores(1))
        .limit("relaxed load, add, store, 2 threads", || limits::stores(2))
        .own(ONE, &[], || parallel(own::leaves(1)))
        .own("progress-runtime, 2 threads", &[Target::Times(1.2, ONE), Target::Peers], || {
            parallel(own::leaves(2))
        })
        .peer(prodash::NAME, prodash::two_leaves)
        .peer(atomic_progress::NAME, atomic_progress::two_leaves)
        .peer(headway::NAME, headway::two_leaves)
        .peer(sitrep::NAME, sitrep::two_leaves)
        .peer(indicatif::NAME, indicatif::two_leaves)
        .peer(kdam::NAME, kdam::two_leaves)
        .peer(tracing_indicatif::NAME, tracing_indicatif::two_leaves)
        .peer(watch::NAME, watch::two_leaves)
        .peer("progress-token, update_progress", progress_token::two_leaves)
}

fn counter() -> Section {
    Section::timed("a counter shared by two threads")
        .sampling(sampling())
        .limit(ADDS, || limits::fetch_adds(2))
        .own(
            "progress-runtime, Counter, 2 threads",
            &[Target::Times(1.5, ADDS), Target::Peers],
            || parallel(own::counters(2)),
        )
        .own("progress-runtime, Counter, 1 thread", &[], || parallel(own::counters(1)))
        .peer(prodash::NAME, prodash::two_clones)
        .peer(atomic_progress::NAME, atomic_progress::two_clones)
        .peer(sitrep::NAME, sitrep::two_clones)
        .peer(indicatif::NAME, indicatif::two_clones)
}
