//! A child: created, used and finished.

use progress_runtime::Run;

use crate::allocations::{Taken, each, taken};
use crate::measure::{Figure, again};
use crate::peers::{
    atomic_progress, headway, indicatif, prodash, progress_monitor, progress_token, sitrep,
};
use crate::plan::{Role, Section, Target, Unit};
use crate::{own, raw};

pub fn sections() -> Vec<Section> {
    vec![
        time(),
        counted("its allocations", Unit::Allocations, 1.0, |taken| taken.allocations),
        counted("its bytes, all allocations together", Unit::Bytes, 160.0, |taken| taken.bytes),
        million(),
    ]
}

fn time() -> Section {
    Section::timed("a child: split, set_length, inc, finish")
        .limit("an allocation of 160 bytes and its end", raw::allocation::<160>)
        .limit("reading the clock", raw::clock)
        .own("progress-runtime", &[Target::AtMost(120.0)], || again(own::child()))
        .peer(format!("{}, in no tree", atomic_progress::NAME), || again(atomic_progress::child()))
        .peer(progress_monitor::NAME, || again(progress_monitor::child()))
        .peer(prodash::NAME, || again(prodash::child()))
        .peer(sitrep::NAME, || again(sitrep::child()))
        .peer(indicatif::NAME, || again(indicatif::child()))
        .peer(format!("{}, new parent every 100", headway::NAME), || again(headway::child()))
        .peer(format!("{}, new parent every 100", progress_token::NAME), || {
            again(progress_token::child())
        })
}

fn counted(name: &'static str, unit: Unit, bound: f64, pick: fn(Taken) -> f64) -> Section {
    let row = |section: Section, name: &str, child: fn() -> Taken| {
        section.known(Role::Peer, name, &[], move || Figure::exact(pick(child())))
    };
    let section = Section::new(name, unit).known(
        Role::Own,
        "progress-runtime",
        &[Target::AtMost(bound)],
        move || Figure::exact(pick(each(own::child()))),
    );
    let section = row(section, atomic_progress::NAME, || each(atomic_progress::child()));
    let section = row(section, progress_monitor::NAME, || each(progress_monitor::child()));
    let section = row(section, prodash::NAME, || each(prodash::child()));
    let section = row(section, sitrep::NAME, || each(sitrep::child()));
    let section = row(section, indicatif::NAME, || each(indicatif::child()));
    let section = row(section, headway::NAME, || each(headway::child()));
    row(section, progress_token::NAME, || each(progress_token::child()))
}

/// What lives after so many children, one after the other, have ended.
fn million() -> Section {
    const ONE: &str = "progress-runtime, after 1 child";
    let live = |children: u64, mut child: Box<dyn FnMut()>| {
        taken(|| {
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
        Figure::exact(live(children, Box::new(child)))
    };
    let flat = [Target::Times(1.0, ONE)];
    Section::new("live bytes after children, one after the other", Unit::Bytes)
        .known(Role::Own, ONE, &[], move || own(1))
        .known(Role::Own, "progress-runtime, after 1,000", &flat, move || own(1_000))
        .known(Role::Own, "progress-runtime, after 1,000,000", &flat, move || own(1_000_000))
        .known(Role::Peer, "prodash, after 100,000", &[], move || {
            Figure::exact(live(100_000, Box::new(prodash::child())))
        })
        .known(Role::Peer, "sitrep, after 100,000", &[], move || {
            Figure::exact(live(100_000, Box::new(sitrep::child())))
        })
        .known(Role::Peer, "indicatif, after 100,000", &[], move || {
            Figure::exact(live(100_000, Box::new(indicatif::child())))
        })
}
