//! What a run, a child and a workflow take from the allocator.

use progress_runtime::Run;

use crate::allocations::{Taken, each, each_kept};
use crate::measure::Figure;
use crate::own::Leaves;
use crate::peers::{
    atomic_progress, headway, indicatif, prodash, progress_token, sitrep, tracing_indicatif,
};
use crate::plan::{Role, Section, Target, Unit};
use crate::workflow;

pub fn sections() -> Vec<Section> {
    vec![
        run("a run that has started: live bytes", Unit::Bytes, |taken| taken.live),
        run("a run that has started: allocations", Unit::Allocations, |taken| taken.allocations),
        child("a live child: live bytes, its place in the parent too", Unit::Bytes, |taken| {
            taken.live
        }),
        child("a live child: allocations", Unit::Allocations, |taken| taken.allocations),
        ten("a workflow of 10 steps, start to end: bytes", Unit::Bytes, |taken| taken.bytes),
        ten("a workflow of 10 steps, start to end: allocations", Unit::Allocations, |taken| {
            taken.allocations
        }),
    ]
}

type Pick = fn(Taken) -> f64;

fn run(name: &'static str, unit: Unit, pick: Pick) -> Section {
    Section::new(name, unit)
        .known(Role::Own, "progress-runtime", &[], move || {
            Figure::exact(pick(each_kept(|| Run::start("Bench"))))
        })
        .known(Role::Own, "progress-runtime, ended, its handle kept", &[], move || {
            let ended = || {
                let (run, root) = Run::start("Bench");
                root.finish();
                run
            };
            Figure::exact(pick(each_kept(ended)))
        })
}

fn child(name: &'static str, unit: Unit, pick: Pick) -> Section {
    let own = move || {
        let mut leaves = Leaves::new(0);
        leaves.root.set_length(u64::MAX);
        let child = || {
            let mut child = leaves.root.split(1);
            child.set_length(10);
            child
        };
        Figure::exact(pick(each_kept(child)))
    };
    let peer = |section: Section, name: &str, live: fn() -> Taken| {
        section.known(Role::Peer, name, &[], move || Figure::exact(pick(live())))
    };
    let section =
        Section::new(name, unit).known(Role::Own, "progress-runtime", &[Target::Peers], own);
    let section = peer(section, prodash::NAME, || each_kept(prodash::live()));
    let section = peer(section, atomic_progress::NAME, || each_kept(atomic_progress::live()));
    let section = peer(section, headway::NAME, || each_kept(headway::live()));
    let section = peer(section, sitrep::NAME, || each_kept(sitrep::live()));
    let section = peer(section, indicatif::NAME, || each_kept(indicatif::live()));
    let section = peer(section, tracing_indicatif::NAME, || each_kept(tracing_indicatif::live()));
    peer(section, progress_token::NAME, || each_kept(progress_token::live()))
}

fn ten(name: &'static str, unit: Unit, pick: Pick) -> Section {
    Section::new(name, unit)
        .known(Role::Limit, "by hand", &[], move || Figure::exact(pick(each(workflow::by_hand()))))
        .known(Role::Own, "progress-runtime, unobserved", &[], move || {
            Figure::exact(pick(each(workflow::unobserved())))
        })
        .known(Role::Own, "progress-runtime, a reporter that does nothing", &[], move || {
            Figure::exact(pick(each(workflow::observed())))
        })
}
