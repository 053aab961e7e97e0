//! The memory of a run, of a child and of a workflow.

use progress_runtime::Run;

use crate::allocations::{Metric, Usage, per_call, per_live_value};
use crate::items;
use crate::own::Leaves;
use crate::peers::{
    atomic_progress, headway, indicatif, prodash, progress_token, sitrep, tracing_indicatif,
};
use crate::plan::{Role, Section, Target, Unit};
use crate::workflow;

/// The name of a peer, and a function that measures its memory.
pub type PeerUsage = (&'static str, fn() -> Usage);

pub fn sections() -> Vec<Section> {
    use Unit::{Allocations, Bytes};
    vec![
        run("a started run: live bytes", Bytes, |usage| usage.live),
        run("a started run: allocations", Allocations, |usage| usage.allocations),
        child("a live child: live bytes, with its slot in the parent", Bytes, |usage| usage.live),
        child("a live child: allocations", Allocations, |usage| usage.allocations),
        ten_steps("a workflow of 10 steps, start to end: bytes", Bytes, |usage| usage.bytes),
        ten_steps("a workflow of 10 steps, start to end: allocations", Allocations, |usage| {
            usage.allocations
        }),
        item("an item of a loop of 1000: allocations", Allocations, |usage| usage.allocations),
    ]
}

fn run(name: &'static str, unit: Unit, metric: Metric) -> Section {
    Section::new(name, unit)
        .exact(Role::Own, "progress-runtime", &[], move || {
            metric(per_live_value(|| Run::start("Bench")))
        })
        .exact(Role::Own, "progress-runtime, ended, with a live handle", &[], move || {
            let ended = || {
                let (run, root) = Run::start("Bench");
                root.finish();
                run
            };
            metric(per_live_value(ended))
        })
}

fn child(name: &'static str, unit: Unit, metric: Metric) -> Section {
    let own = move || {
        let mut leaves = Leaves::new(0);
        leaves.root.set_length(u64::MAX);
        let child = || {
            let mut child = leaves.root.split(1);
            child.set_length(10);
            child
        };
        metric(per_live_value(child))
    };
    let peers: [PeerUsage; 7] = [
        (prodash::NAME, || per_live_value(prodash::live_child())),
        (atomic_progress::NAME, || per_live_value(atomic_progress::live_child())),
        (headway::NAME, || per_live_value(headway::live_child())),
        (sitrep::NAME, || per_live_value(sitrep::live_child())),
        (indicatif::NAME, || per_live_value(indicatif::live_child())),
        (tracing_indicatif::NAME, || per_live_value(tracing_indicatif::live_child())),
        (progress_token::NAME, || per_live_value(progress_token::live_child())),
    ];
    let section =
        Section::new(name, unit).exact(Role::Own, "progress-runtime", &[Target::Peers], own);
    add_peers(section, peers, metric)
}

/// Adds a row for each peer.
pub fn add_peers<const N: usize>(
    section: Section,
    peers: [PeerUsage; N],
    metric: Metric,
) -> Section {
    peers.into_iter().fold(section, |section, (name, usage)| {
        section.exact(Role::Peer, name, &[], move || metric(usage()))
    })
}

fn item(name: &'static str, unit: Unit, metric: Metric) -> Section {
    Section::new(name, unit)
        .exact(Role::Own, "progress-runtime", &[], move || metric(items::without_a_name()))
        .exact(Role::Own, "progress-runtime, in a workflow without async", &[], move || {
            metric(items::in_a_sync_workflow())
        })
        .exact(Role::Own, "progress-runtime, its value collected", &[], move || {
            metric(items::with_a_value())
        })
        .exact(
            Role::Own,
            "progress-runtime, with a name",
            &[],
            move || metric(items::with_a_name()),
        )
}

fn ten_steps(name: &'static str, unit: Unit, metric: Metric) -> Section {
    Section::new(name, unit)
        .exact(Role::Limit, "by hand", &[], move || metric(per_call(workflow::by_hand())))
        .exact(Role::Own, "progress-runtime, without a reporter", &[], move || {
            metric(per_call(workflow::unobserved()))
        })
        .exact(Role::Own, "progress-runtime, with a reporter that does nothing", &[], move || {
            metric(per_call(workflow::observed()))
        })
}
