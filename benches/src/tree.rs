//! A child: created, used and finished.

use progress_runtime::Run;

use crate::allocations::{Metric, measure, per_call};
use crate::measure::repeat_plain;
use crate::memory::{PeerUsage, add_peers};
use crate::peers::{
    atomic_progress, headway, indicatif, prodash, progress_monitor, progress_token, sitrep,
};
use crate::plan::{Role, Section, Target, Unit};
use crate::{limits, own};

pub fn sections() -> Vec<Section> {
    vec![
        time(),
        memory("its allocations", Unit::Allocations, 1.0, |usage| usage.allocations),
        memory("its bytes, all allocations together", Unit::Bytes, 160.0, |usage| usage.bytes),
        leaks(),
    ]
}

fn time() -> Section {
    let new_parent = |name| format!("{name}, new parent every 100");
    Section::timed("a child: split, set_length, inc, finish")
        .limit("allocating and freeing 160 bytes", limits::allocation::<160>)
        .limit("reading the clock", limits::clock)
        .own("progress-runtime", &[Target::AtMost(120.0)], || repeat_plain(own::child()))
        .peer(format!("{}, in no tree", atomic_progress::NAME), || {
            repeat_plain(atomic_progress::child())
        })
        .peer(progress_monitor::NAME, || repeat_plain(progress_monitor::child()))
        .peer(prodash::NAME, || repeat_plain(prodash::child()))
        .peer(sitrep::NAME, || repeat_plain(sitrep::child()))
        .peer(indicatif::NAME, || repeat_plain(indicatif::child()))
        .peer(new_parent(headway::NAME), || repeat_plain(headway::child()))
        .peer(new_parent(progress_token::NAME), || repeat_plain(progress_token::child()))
}

fn memory(name: &'static str, unit: Unit, bound: f64, metric: Metric) -> Section {
    let peers: [PeerUsage; 7] = [
        (atomic_progress::NAME, || per_call(atomic_progress::child())),
        (progress_monitor::NAME, || per_call(progress_monitor::child())),
        (prodash::NAME, || per_call(prodash::child())),
        (sitrep::NAME, || per_call(sitrep::child())),
        (indicatif::NAME, || per_call(indicatif::child())),
        (headway::NAME, || per_call(headway::child())),
        (progress_token::NAME, || per_call(progress_token::child())),
    ];
    let section = Section::new(name, unit).exact(
        Role::Own,
        "progress-runtime",
        &[Target::AtMost(bound)],
        move || metric(per_call(own::child())),
    );
    add_peers(section, peers, metric)
}

/// The bytes that remain allocated after many children have ended, one after the other.
fn leaks() -> Section {
    const ONE: &str = "progress-runtime, after 1 child";
    let live = |children: u64, mut child: Box<dyn FnMut()>| {
        measure(|| {
            (0..children).for_each(|_| child());
            child
        })
        .live
    };
    let own = move |children| {
        let (run, mut root) = Run::start("Bench");
        root.set_length(u64::MAX);
        let child = move || {
            let _alive = &run;
            let mut child = root.split(1);
            child.set_length(10);
            child.inc(10);
            child.finish();
        };
        live(children, Box::new(child))
    };
    let flat = [Target::Times(1.0, ONE)];
    Section::new("live bytes after children, one after the other", Unit::Bytes)
        .exact(Role::Own, ONE, &[], move || own(1))
        .exact(Role::Own, "progress-runtime, after 1,000", &flat, move || own(1_000))
        .exact(Role::Own, "progress-runtime, after 1,000,000", &flat, move || own(1_000_000))
        .exact(Role::Peer, "prodash, after 100,000", &[], move || {
            live(100_000, Box::new(prodash::child()))
        })
        .exact(Role::Peer, "sitrep, after 100,000", &[], move || {
            live(100_000, Box::new(sitrep::child()))
        })
        .exact(Role::Peer, "indicatif, after 100,000", &[], move || {
            live(100_000, Box::new(indicatif::child()))
        })
}
