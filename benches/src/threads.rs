//! Counting on two threads, and while somebody looks.

use std::time::Duration;

use crate::measure::Sampling;
use crate::peers::{
    atomic_progress, headway, indicatif, kdam, prodash, progress_token, sitrep, tracing_indicatif,
    watch,
};
use crate::plan::{Section, Target};
use crate::together::together;
use crate::{observed, own, raw};

const ONE: &str = "progress-runtime, 1 thread";
const ADDS: &str = "relaxed fetch_add, 2 threads, own lines";

/// Both cores are not often free at the same time.
fn sampling() -> Sampling {
    Sampling { rounds: 1_001, budget: Duration::from_secs(20), ..Sampling::default() }
}

pub fn sections() -> Vec<Section> {
    vec![leaves(), counter(), observed::section()]
}

fn leaves() -> Section {
    Section::timed("inc(1), each thread on a leaf of its own")
        .sampled(sampling())
        .limit("relaxed load, add, store, 1 thread", || raw::stores(1))
        .limit("relaxed load, add, store, 2 threads", || raw::stores(2))
        .own(ONE, &[], || together(own::counting(1)))
        .own("progress-runtime, 2 threads", &[Target::Times(1.2, ONE), Target::Peers], || {
            together(own::counting(2))
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
    Section::timed("a counter that two threads share")
        .sampled(sampling())
        .limit(ADDS, || raw::fetch_adds(2))
        .own(
            "progress-runtime, Counter, 2 threads",
            &[Target::Times(1.5, ADDS), Target::Peers],
            || together(own::cloned(2)),
        )
        .own("progress-runtime, Counter, 1 thread", &[], || together(own::cloned(1)))
        .peer(prodash::NAME, prodash::two_clones)
        .peer(atomic_progress::NAME, atomic_progress::two_clones)
        .peer(sitrep::NAME, sitrep::two_clones)
        .peer(indicatif::NAME, indicatif::two_clones)
}
