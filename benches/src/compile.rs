//! The CPU time to compile the runtime and a workflow, of all processes in total.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generated::{TempFolder, compile_in_turn, cpu_time, pass_time, repository};
use crate::kinds;
use crate::measure::Figure;
use crate::plan::{Role, Section, Target, Unit};

const BY_HAND: &str = "by hand";

const REFERENCE: &str = "tokio with sync, time, rt, macros, and syn 3";

pub fn sections() -> Vec<Section> {
    let folder = TempFolder::new();
    let mut sections = vec![cold(&folder)];
    let built = folder.empty_target();
    for (command, rounds, name) in [
        (&["check"][..], 21, "cargo check of a workflow of %, dependencies built"),
        (&["build", "--release"][..], 7, "release build of a workflow of %, dependencies built"),
    ] {
        for steps in [10, 30, 100] {
            let name = name.replace('%', &format!("{steps} steps"));
            let times = compile_in_turn(&programs(&folder, steps), rounds, |package| {
                cpu_time(package, &built, command).as_secs_f64()
            });
            let targets = match (command[0], steps) {
                ("check", 100) => &[Target::Times(1.3, BY_HAND)][..],
                _ => &[],
            };
            sections.push(compiled(name, steps, times, targets));
        }
    }
    sections.extend(kinds::sections(&folder, &built));
    sections.push(expansion_in_compiler(&folder, &built));
    sections.push(expansion());
    sections
}

/// Builds with an empty target folder.
fn cold(folder: &TempFolder) -> Section {
    const TIMES: usize = 3;
    let empty = "fn main() {}\n";
    let reference = format!(
        "tokio = {{ version = \"1\", default-features = false, features = [\"sync\", \"time\", \"rt\", \"macros\"] }}\n\
         syn = {{ version = \"3\", default-features = false, features = {:?} }}\n",
        syn_features(),
    );
    let single = |name: &str, dependency: &str| folder.package(name, dependency, empty);
    let runtime = repository().join("progress-runtime");
    let builds = [
        (Role::Limit, REFERENCE, single("reference", &reference)),
        (Role::Own, "progress-runtime", runtime),
        (
            Role::Peer,
            "indicatif",
            single(
                "with-indicatif",
                "indicatif = { version = \"0.18\", default-features = false }\n",
            ),
        ),
        (Role::Peer, "tracing-indicatif", single("with-tracing", "tracing-indicatif = \"0.3\"\n")),
    ];
    let mut figures = vec![Vec::new(); builds.len()];
    for _ in 0..TIMES {
        for ((_, _, package), figures) in builds.iter().zip(&mut figures) {
            figures.push(cpu_time(package, &folder.empty_target(), &["build"]).as_secs_f64());
        }
    }
    let mut section = Section::new("a cold build, CPU time", Unit::Seconds);
    for ((role, name, _), figures) in builds.into_iter().zip(figures) {
        let target = [Target::More(2.0, REFERENCE)];
        let targets = if role == Role::Own { &target[..] } else { &[] };
        section = section.computed(role, name, targets, move || Figure::of(figures));
    }
    section
}

/// The features of syn that the macro crate enables.
fn syn_features() -> Vec<String> {
    let metadata = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(repository())
        .output()
        .expect("cargo is installed");
    let metadata: serde_json::Value =
        serde_json::from_slice(&metadata.stdout).expect("cargo prints JSON");
    let find = |list: &serde_json::Value, name: &str| {
        let list = list.as_array().cloned().unwrap_or_default();
        list.into_iter().find(|entry| entry["name"] == name).expect("the package exists")
    };
    let macros = find(&metadata["packages"], "progress-macros");
    let features = find(&macros["dependencies"], "syn")["features"].clone();
    serde_json::from_value(features).expect("features are a list of names")
}

/// Creates the same program by hand and as a workflow.
fn programs(folder: &TempFolder, steps: usize) -> [PathBuf; 2] {
    let dependencies =
        format!("progress-runtime = {{ path = {:?} }}\n", repository().join("progress-runtime"));
    [
        folder.package(&format!("by-hand-{steps}"), &dependencies, &program(&by_hand(steps))),
        folder.package(&format!("workflow-{steps}"), &dependencies, &program(&workflow(steps))),
    ]
}

/// The overhead of a workflow over the same code by hand, per step.
fn overhead([by_hand, workflow]: [Figure; 2], steps: usize) -> Figure {
    Figure {
        median: (workflow.median - by_hand.median) / steps as f64,
        spread: (workflow.spread + by_hand.spread) / steps as f64,
    }
}

fn compiled(name: String, steps: usize, figures: [Figure; 2], targets: &[Target]) -> Section {
    let [by_hand, workflow] = figures;
    Section::new(name, Unit::Seconds)
        .computed(Role::Limit, BY_HAND, &[], move || by_hand)
        .computed(Role::Own, "workflow!", targets, move || workflow)
        .computed(Role::Own, "overhead per step", &[], move || overhead(figures, steps))
}

/// The macro as users run it: inside the compiler, and built without optimisation.
fn expansion_in_compiler(folder: &TempFolder, target: &Path) -> Section {
    const AT_MOST: f64 = 400_000.0;
    let mut section = Section::timed("expansion in `cargo check`, per step");
    for steps in [10, 30, 100] {
        let figures = compile_in_turn(&programs(folder, steps), 21, |package| {
            pass_time(package, target, "macro_expand_crate") * 1e9
        });
        let targets = [Target::AtMost(AT_MOST)];
        let name = format!("of {steps}");
        section = section.computed(Role::Own, name, &targets, move || overhead(figures, steps));
    }
    section
}

fn program(function: &str) -> String {
    format!(
        "use std::future::Future;\n\
         use std::pin::pin;\n\
         use std::task::{{Context, Waker}};\n\
         \n\
         use progress_runtime::{{Interrupted, Progress}};\n\
         \n\
         async fn job(input: u64, progress: Progress) -> Result<u64, Interrupted> {{\n    \
             drop(progress);\n    \
             Ok(input + 1)\n\
         }}\n\
         \n\
         {function}\n\
         \n\
         fn main() {{\n    \
             let future = pin!(work(0, Progress::hidden()));\n    \
             println!(\"{{:?}}\", future.poll(&mut Context::from_waker(Waker::noop())));\n\
         }}\n"
    )
}

fn body(steps: usize, step: impl Fn(usize) -> String) -> String {
    let mut body = String::from("let v0 = input;\n");
    for number in 0..steps {
        // Writing to a string cannot fail.
        let _ = writeln!(body, "    {}", step(number));
    }
    format!(
        "async fn work(input: u64, progress: Progress) -> Result<u64, Interrupted> {{\n    {body}    Ok(v{steps})\n}}"
    )
}

fn by_hand(steps: usize) -> String {
    let step = |number| format!("let v{} = job(v{number}, Progress::hidden()).await?;", number + 1);
    body(steps, step).replacen("{\n", "{\n    drop(progress);\n", 1)
}

fn workflow(steps: usize) -> String {
    let function = body(steps, |number| {
        format!(
            "#[step(1, \"Step {number}\")]\n    let v{} = job(v{number}, progress).await?;",
            number + 1
        )
    });
    format!("progress_runtime::workflow!(\n{function}\n);")
}

/// The macro by itself, outside the compiler and optimised. A crate of procedural macros exports
/// nothing else, so one of its own tests takes the times.
fn expansion() -> Section {
    const TEST: [&str; 4] = ["--", "--ignored", "--nocapture", "time_of_an_expansion"];
    let output = Command::new("cargo")
        .args(["test", "--release", "--offline", "--package", "progress-macros", "--lib"])
        .args(TEST)
        // Cargo does not optimise the dependencies of a procedural macro. Without this, the test
        // would mostly measure them.
        .env("CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_OPT_LEVEL", "3")
        .current_dir(repository())
        .output()
        .expect("cargo is there");
    let text = String::from_utf8(output.stdout).expect("the test prints text");
    let mut section = Section::timed("inside the macro, per step");
    for steps in [10, 30, 100] {
        let name = format!("nanoseconds for {steps} steps:");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        let nanos = line.expect("the test prints every size").split_whitespace();
        let of_a_step = |text: &str| text.parse::<f64>().expect("a number") / steps as f64;
        let step = Figure::of(nanos.map(of_a_step).collect());
        section = section.computed(Role::Own, format!("of {steps}"), &[], move || step);
    }
    section
}
