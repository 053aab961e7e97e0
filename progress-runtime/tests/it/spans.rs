//! A subscriber sees a span for the run and for each step, with its outcome.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use progress_runtime::{Interrupted, ManualClock, Progress, Run, Spans, workflow};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, info_span, subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// Keeps a line for each span, in the order of their ends.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(span.extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let scope: Vec<_> = span
            .scope()
            .from_root()
            .map(|span| {
                let extensions = span.extensions();
                let fields = extensions.get::<Fields>().unwrap();
                format!("{} {}", span.name(), fields.0.get("id").map_or("", String::as_str))
            })
            .collect();
        let extensions = span.extensions();
        let fields = &extensions.get::<Fields>().unwrap().0;
        let values: Vec<_> = ["weight", "attempt", "outcome", "error", "otel.status_code"]
            .iter()
            .filter_map(|name| Some(format!("{name}={}", fields.get(name)?)))
            .collect();
        self.0.lock().unwrap().push(format!("{}: {}", scope.join(" > "), values.join(" ")));
    }
}

#[derive(Debug)]
struct Wrong(&'static str);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl From<Interrupted> for Wrong {
    fn from(_: Interrupted) -> Self {
        Self("interrupted")
    }
}

workflow!(
    async fn import(progress: Progress) -> Result<(), Wrong> {
        #[step(2, "Fetch")]
        fetch(progress).await;

        #[step(1, "Sync")]
        #[skip("nothing to do")]
        if false {
            fetch(progress).await;
        }

        #[step(4, "Load")]
        for part in 1..3 {
            #[step(1, "Store")]
            let _ = store(part, progress).await;
        }

        #[step(1, "Publish")]
        publish(progress).await?;

        Ok(())
    }
);

async fn fetch(_progress: Progress) {}

async fn store(part: u32, _progress: Progress) -> Result<(), Wrong> {
    if part == 1 { Ok(()) } else { Err(Wrong("no space left")) }
}

async fn publish(_progress: Progress) -> Result<(), Wrong> {
    Err(Wrong("no route to host"))
}

#[tokio::test]
async fn each_step_is_a_span_with_its_outcome() {
    let recorder = Recorder::default();
    let subscriber = Registry::default().with(recorder.clone());
    let guard = subscriber::set_default(subscriber);
    let caller = info_span!("caller", id = "c");
    let (run, progress) =
        caller.in_scope(|| Run::builder("Import").id("r").clock(&ManualClock::new()).start());
    caller.in_scope(|| run.report_to(Spans::new()));
    assert!(import(progress).await.is_err());
    drop(caller);
    drop(guard);

    let spans = recorder.0.lock().unwrap().clone();
    assert_eq!(
        spans,
        [
            "caller c > workflow r > step fetch: weight=2 attempt=1 outcome=completed",
            "caller c > workflow r > step sync: weight=1 attempt=0 outcome=skipped",
            "caller c > workflow r > step load > item 1 > step store: weight=1 attempt=1 outcome=completed",
            "caller c > workflow r > step load > item 1: weight=1 attempt=0 outcome=completed",
            "caller c > workflow r > step load > item 2 > step store: weight=1 attempt=1 outcome=failed error=no space left otel.status_code=ERROR",
            "caller c > workflow r > step load > item 2: weight=1 attempt=0 outcome=completed_with_errors",
            "caller c > workflow r > step load: weight=4 attempt=1 outcome=completed_with_errors",
            "caller c > workflow r > step publish: weight=1 attempt=1 outcome=failed error=no route to host otel.status_code=ERROR",
            "caller c > workflow r: outcome=failed error=no route to host otel.status_code=ERROR",
            "caller c: ",
        ]
    );
}
