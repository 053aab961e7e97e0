//! Updates of a share on one thread.

use crate::peers::{
    atomic_progress, headway, indicatif, kdam, prodash, progress_monitor, progress_token, sitrep,
    tracing_indicatif, watch,
};
use crate::plan::{Section, Target};
use crate::{limits, own};

const AT_1: &str = "progress-runtime, depth 1";

/// The targets of an update, and of one at a greater depth.
const UPDATE: [Target; 2] = [Target::Times(1.5, limits::STORE), Target::Peers];
const DEEPER: [Target; 3] =
    [Target::Times(1.5, limits::STORE), Target::Peers, Target::Times(1.1, AT_1)];

/// The targets of a formatted message.
const MESSAGE: [Target; 2] = [Target::Times(0.7, FORMAT), Target::Peers];
const FORMAT: &str = "format! of the same message";

pub fn sections() -> Vec<Section> {
    vec![inc(), set_position(), literal(), formatted()]
}

fn inc() -> Section {
    Section::timed("inc(1)")
        .limit(limits::STORE, limits::store)
        .limit("relaxed fetch_add", limits::fetch_add)
        .own(AT_1, &UPDATE, || own::inc(1))
        .own("progress-runtime, depth 5", &DEEPER, || own::inc(5))
        .own("progress-runtime, depth 10", &DEEPER, || own::inc(10))
        .peer(prodash::NAME, || prodash::inc(1))
        .peer("prodash, depth 5", || prodash::inc(5))
        .peer(atomic_progress::NAME, atomic_progress::inc)
        .peer(headway::NAME, headway::inc)
        .peer(format!("{}, depth 1", progress_monitor::NAME), progress_monitor::inc_at_1)
        .peer("progress-monitor, depth 5", progress_monitor::inc_at_5)
        .peer("progress-monitor, depth 10", progress_monitor::inc_at_10)
        .peer(format!("{}, depth 1", sitrep::NAME), || sitrep::inc(1))
        .peer("sitrep, depth 5", || sitrep::inc(5))
        .peer("sitrep, depth 10", || sitrep::inc(10))
        .peer(indicatif::NAME, indicatif::inc)
        .peer(kdam::NAME, kdam::inc)
        .peer(tracing_indicatif::NAME, tracing_indicatif::inc)
        .peer(watch::NAME, watch::inc)
}

fn set_position() -> Section {
    Section::timed("set_position")
        .limit(limits::STORE, limits::store)
        .own(AT_1, &UPDATE, || own::set_position(1))
        .own("progress-runtime, depth 5", &DEEPER, || own::set_position(5))
        .own("progress-runtime, depth 10", &DEEPER, || own::set_position(10))
        .peer(prodash::NAME, prodash::set_position)
        .peer(atomic_progress::NAME, atomic_progress::set_position)
        .peer(headway::NAME, headway::set_position)
        .peer(sitrep::NAME, sitrep::set_position)
        .peer(indicatif::NAME, indicatif::set_position)
        .peer(kdam::NAME, kdam::set_position)
        .peer(tracing_indicatif::NAME, tracing_indicatif::set_position)
        .peer(watch::NAME, watch::set_position)
        .peer("progress-token, depth 1", || progress_token::set_position(1))
        .peer("progress-token, depth 10", || progress_token::set_position(10))
}

fn literal() -> Section {
    Section::timed("set_message, a literal")
        .own("progress-runtime", &[Target::AtMost(12.0), Target::Peers], own::literal)
        .peer(prodash::NAME, prodash::literal)
        .peer(atomic_progress::NAME, atomic_progress::literal)
        .peer(headway::NAME, headway::literal)
        .peer(sitrep::NAME, sitrep::literal)
        .peer(indicatif::NAME, indicatif::literal)
        .peer(kdam::NAME, kdam::literal)
        .peer(tracing_indicatif::NAME, tracing_indicatif::literal)
        .peer(watch::NAME, watch::literal)
        .peer(progress_token::NAME, progress_token::literal)
}

fn formatted() -> Section {
    Section::timed("set_message, formatted")
        .limit(FORMAT, limits::format)
        .limit("the same into nothing", limits::format_and_discard)
        .limit("the same into a reused buffer", limits::format_into_buffer)
        .own("progress-runtime, write_message", &MESSAGE, own::write_message)
        .own("progress-runtime, set_message of a format!", &[], own::formatted)
        .peer(prodash::NAME, prodash::formatted)
        .peer(atomic_progress::NAME, atomic_progress::formatted)
        .peer(headway::NAME, headway::formatted)
        .peer(sitrep::NAME, sitrep::formatted)
        .peer(indicatif::NAME, indicatif::formatted)
        .peer(kdam::NAME, kdam::formatted)
        .peer(tracing_indicatif::NAME, tracing_indicatif::formatted)
        .peer(watch::NAME, watch::formatted)
        .peer(progress_token::NAME, progress_token::formatted)
}
