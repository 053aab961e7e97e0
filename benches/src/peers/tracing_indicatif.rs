//! The layer shows no bars: the spans count, and nothing is drawn.

use std::hint::black_box;

use tracing::{Dispatch, Span, dispatcher, info_span};
use tracing_indicatif::span_ext::IndicatifSpanExt as _;
use tracing_indicatif::{IndicatifLayer, TickSettings};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::measure::{Work, repeat};
use crate::messages::{LITERAL, numbered};
use crate::parallel::{on_two_threads, thread_work};

pub const NAME: &str = "tracing-indicatif (no bar shown)";

fn layer() -> Dispatch {
    let ticks = TickSettings { default_tick_interval: None, ..TickSettings::default() };
    let layer = IndicatifLayer::new().with_tick_settings(ticks).with_max_progress_bars(0, None);
    Dispatch::new(tracing_subscriber::registry().with(layer))
}

fn span(layer: &Dispatch) -> Span {
    dispatcher::with_default(layer, || {
        let span = info_span!("bench");
        span.pb_start();
        span.pb_set_length(u64::MAX);
        span
    })
}

pub fn inc() -> Work {
    let span = span(&layer());
    repeat(move |_| black_box(&span).pb_inc(1))
}

pub fn set_position() -> Work {
    let span = span(&layer());
    repeat(move |position| {
        black_box(&span).pb_set_position(position);
    })
}

pub fn literal() -> Work {
    let span = span(&layer());
    repeat(move |_| black_box(&span).pb_set_message(LITERAL))
}

pub fn formatted() -> Work {
    let span = span(&layer());
    repeat(move |page| {
        black_box(&span).pb_set_message(&numbered(page));
    })
}

pub fn two_leaves() -> Work {
    let layer = layer();
    on_two_threads(|| {
        let span = span(&layer);
        thread_work(move |_| black_box(&span).pb_inc(1))
    })
}

pub fn live_child() -> impl FnMut() -> Span {
    let layer = layer();
    let parent = span(&layer);
    move || {
        dispatcher::with_default(&layer, || {
            let child = info_span!(parent: &parent, "child");
            child.pb_start();
            child.pb_set_length(10);
            child
        })
    }
}
