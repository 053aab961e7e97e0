//! The CPU time of `cargo check` by kind of step, beside the same code by hand.
//!
//! By hand is what a person writes against the plain futures: `match`, `for`,
//! `tokio::time::timeout`, `tokio::try_join!`, the retries of backon and `buffer_unordered`. It calls
//! the same functions with the same values in as many statements, and gives each call a `Progress`,
//! which is hidden. It has no plan, titles, weights or cancel, and reports nothing: all of that is
//! the overhead.

use std::fmt::Write as _;
use std::path::Path;

use crate::generated::{TempFolder, compile_in_turn, cpu_time, repository};
use crate::plan::{Role, Section, Target, Unit};

const BY_HAND: &str = "by hand";

/// A kind of step. In its texts, `@` is the value before the step, and `#` the value of the step.
struct Kind {
    name: &'static str,
    by_hand: &'static str,
    workflow: &'static str,
}

const KINDS: [Kind; 8] = [
    Kind {
        name: "plain call",
        by_hand: "let # = job(@, Progress::hidden()).await?;",
        workflow: "#[step(1, \"Step @\")] let # = job(@, progress).await?;",
    },
    Kind {
        name: "for",
        by_hand: "let # = @; for item in [@, 1, 2] { job(item, Progress::hidden()).await?; }",
        workflow: "let # = @; #[step(1, \"Step @\")] for item in [@, 1, 2] { job(item, progress).await?; }",
    },
    Kind {
        name: "match",
        by_hand: "let # = match @ { 0 => 0, other => job(other, Progress::hidden()).await? };",
        workflow: "#[step(1, \"Step @\")] let # = match @ { 0 => 0, other => job(other, progress).await? };",
    },
    Kind {
        name: "#[timeout]",
        by_hand: "let # = timeout(LIMIT, job(@, Progress::hidden())).await??;",
        workflow: "#[step(1, \"Step @\")] #[timeout(LIMIT)] let # = job(@, progress).await?;",
    },
    Kind {
        name: "#[parallel]",
        by_hand: "let (#, _) = tokio::try_join!(\
            job(@, Progress::hidden()), job(@, Progress::hidden()))?;",
        workflow: "#[step(1, \"Step @\")] #[parallel] let (#, _) = (\
            #[step(1, \"Left\")] job(@, progress).await?,\
            #[step(1, \"Right\")] job(@, progress).await?);",
    },
    Kind {
        name: "#[retry]",
        by_hand: "let # = (|| job(@, Progress::hidden()))\
            .retry(ExponentialBuilder::default()).await?;",
        workflow: "#[step(1, \"Step @\")] #[retry(ExponentialBuilder::default())] \
            let # = job(@, progress).await?;",
    },
    Kind {
        name: "#[retry] with `when`",
        by_hand: "let # = (|| job(@, Progress::hidden()))\
            .retry(ExponentialBuilder::default()).when(|error| error.is_late()).await?;",
        workflow: "#[step(1, \"Step @\")] \
            #[retry(ExponentialBuilder::default(), when = |error| error.is_late())] \
            let # = job(@, progress).await?;",
    },
    Kind {
        name: "#[concurrent]",
        by_hand: "let # = @; stream::iter([@, 1, 2]).map(|item| job(item, Progress::hidden()))\
            .buffer_unordered(2).try_for_each(async |_| Ok(())).await?;",
        workflow: "let # = @; #[step(1, \"Step @\")] #[concurrent(2)] \
            for item in [@, 1, 2] { job(item, progress).await?; }",
    },
];

/// A section for each kind, and one for a long function with all kinds in turn.
pub fn sections(folder: &TempFolder, target: &Path) -> Vec<Section> {
    let mut sections = Vec::new();
    for kind in &KINDS {
        let title = format!("cargo check of 100 steps: {}", kind.name);
        sections.push(section(folder, target, title, 100, 7, std::slice::from_ref(kind)));
    }
    let title = "cargo check of 100 steps: all kinds in turn".to_owned();
    sections.push(section(folder, target, title, 100, 7, &KINDS));
    sections
}

fn section(
    folder: &TempFolder,
    target: &Path,
    title: String,
    steps: usize,
    rounds: usize,
    kinds: &[Kind],
) -> Section {
    let package = |name: &str, function: String| {
        folder.package(name, &dependencies(), &format!("{BEFORE}{function}{AFTER}"))
    };
    let by_hand = body(steps, kinds, |kind| kind.by_hand);
    let workflow = body(steps, kinds, |kind| kind.workflow);
    let packages = [
        package("kind-by-hand", by_hand.replacen("{\n", "{\n    drop(progress);\n", 1)),
        package("kind-workflow", format!("progress_runtime::workflow!(\n{workflow}\n);")),
    ];
    let [by_hand, workflow] = compile_in_turn(&packages, rounds, |package| {
        cpu_time(package, target, &["check"]).as_secs_f64()
    });
    Section::new(title, Unit::Seconds)
        .computed(Role::Limit, BY_HAND, &[], move || by_hand)
        .computed(Role::Own, "workflow!", &[Target::Times(2.0, BY_HAND)], move || workflow)
}

fn dependencies() -> String {
    format!(
        "backon = {{ version = \"1\", default-features = false, features = [\"tokio-sleep\"] }}\n\
         futures-util = {{ version = \"0.3\", default-features = false, features = [\"alloc\"] }}\n\
         tokio = {{ version = \"1\", default-features = false, features = [\"macros\", \"time\"] }}\n\
         progress-runtime = {{ path = {:?} }}\n",
        repository().join("progress-runtime")
    )
}

fn body(steps: usize, kinds: &[Kind], text: impl Fn(&Kind) -> &'static str) -> String {
    let mut body = String::new();
    for (number, kind) in (0..steps).zip(kinds.iter().cycle()) {
        let before = format!("v{number}");
        let value = format!("v{}", number + 1);
        // A `#` in front of a bracket begins an attribute.
        let step = text(kind).replace('@', &before).replace("# ", &format!("{value} "));
        let step = step.replace("(#,", &format!("({value},"));
        // Writing to a string cannot fail.
        let _ = writeln!(body, "    {step}");
    }
    format!(
        "async fn work(v0: u64, progress: Progress) -> Result<u64, Failure> {{\n{body}    Ok(v{steps})\n}}"
    )
}

const BEFORE: &str = "\
#![allow(unused_imports, dead_code)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use progress_runtime::{Interrupted, Progress};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(5);

#[derive(Debug)]
enum Failure {
    Late,
    Interrupted(Interrupted),
}

impl Failure {
    fn is_late(&self) -> bool {
        matches!(self, Self::Late)
    }
}

impl From<Interrupted> for Failure {
    fn from(interrupted: Interrupted) -> Self {
        Self::Interrupted(interrupted)
    }
}

impl From<Elapsed> for Failure {
    fn from(_: Elapsed) -> Self {
        Self::Late
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(\"it failed\")
    }
}

async fn job(input: u64, progress: Progress) -> Result<u64, Failure> {
    drop(progress);
    Ok(input + 1)
}

";

const AFTER: &str = "

fn main() {
    let future = pin!(work(0, Progress::hidden()));
    println!(\"{:?}\", future.poll(&mut Context::from_waker(Waker::noop())));
}
";
