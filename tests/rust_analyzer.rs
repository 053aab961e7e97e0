//! An editor works inside of workflows: rust-analyzer, over stdio, offers completions and explains
//! names in complete and in half-written bodies.
//!
//! Without rust-analyzer the tests print that and are skipped; install it with `rustup component
//! add rust-analyzer rust-src`, or name another one in `RUST_ANALYZER`. The first run builds the
//! macro in a target directory of its own.

mod editor;

use editor::Editor;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = r#"
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
progress-runtime = { path = "RUNTIME" }

[workspace]
"#;

const JOBS: &str = r#"
pub use std::time::Duration;

pub struct Error;

impl From<progress_runtime::Interrupted> for Error {
    fn from(_: progress_runtime::Interrupted) -> Self {
        Self
    }
}

/// What was found.
pub struct Found {
    pub items: Vec<u32>,
    pub name: String,
}

/// Where jobs are run.
pub struct Jobs;

impl Jobs {
    /// Runs one job.
    pub async fn run_one(&self, progress: progress_runtime::Progress) -> Result<Found, Error> {
        drop(progress);
        Ok(Found { items: Vec::new(), name: String::new() })
    }

    /// Runs one job on this thread.
    pub fn run_now(&self, progress: progress_runtime::Progress) -> Result<Found, Error> {
        drop(progress);
        Ok(Found { items: Vec::new(), name: String::new() })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        0
    }

    pub fn new() -> Self {
        Self
    }
}

pub const WEIGHT: u32 = 3;
"#;

const HEAD: &str = "use crate::jobs::*;\nuse progress_runtime::{Progress, workflow};\n\n";

/// A project with the runtime in it, and the folder that its macro is built in.
fn project() -> (PathBuf, PathBuf) {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-analyzer");
    let root = place.join("probe");
    fs::create_dir_all(root.join("src")).expect("the folder can be made");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let runtime = workspace.join("progress-runtime");
    let manifest = MANIFEST.replace("RUNTIME", &runtime.to_string_lossy());
    // The versions of this workspace, so that cargo downloads nothing.
    let _ = fs::copy(workspace.join("Cargo.lock"), root.join("Cargo.lock"));
    for (name, text) in [
        ("Cargo.toml", manifest.as_str()),
        ("src/lib.rs", "pub mod jobs;\npub mod probe;\n"),
        ("src/jobs.rs", JOBS),
        ("src/probe.rs", HEAD),
    ] {
        let path = root.join(name);
        // Unchanged files keep their times, so that cargo does not build them again.
        if fs::read_to_string(&path).unwrap_or_default() != text {
            fs::write(path, text).expect("the file can be written");
        }
    }
    (root, place.join("target"))
}

/// A workflow around a piece of its body.
fn body(piece: &str) -> String {
    format!(
        "{HEAD}workflow!(
    pub async fn flow(jobs: &Jobs, progress: Progress) -> Result<(), Error> {{
        #[step(1, \"First\")]
        let first = jobs.run_one(progress).await?;
{piece}
        #[step(1, \"Last\")]
        jobs.run_one(progress).await?;
        Ok(())
    }}
);
"
    )
}

/// The same under the attribute.
fn attributed(piece: &str) -> String {
    format!(
        "{HEAD}#[progress_runtime::attr::workflow]
pub async fn flow(jobs: &Jobs, progress: Progress) -> Result<(), Error> {{
    #[step(1, \"First\")]
    let first = jobs.run_one(progress).await?;
{piece}
    #[step(1, \"Last\")]
    jobs.run_one(progress).await?;
    Ok(())
}}
"
    )
}

/// Collects failures, so that one run reports all of them.
struct Probes {
    editor: Editor,
    asked: usize,
    wrong: Vec<String>,
}

impl Probes {
    fn expect(&mut self, holds: bool, what: &str, seen: impl FnOnce() -> String) {
        self.asked += 1;
        if !holds {
            self.wrong.push(format!("{what}\n    but: {}", seen()));
        }
    }

    fn offers(&mut self, text: &str, expected: &str) {
        let place = self.editor.types(text);
        let offered = self.editor.completions(place);
        let found = offered.iter().any(|(label, _)| label.starts_with(expected));
        let labels: Vec<_> = offered.into_iter().map(|(label, _)| label).take(12).collect();
        self.expect(found, &format!("`{expected}` is offered in\n{text}"), || {
            format!("{labels:?}")
        });
    }

    fn offers_with_documentation(&mut self, text: &str, expected: &str, documented: &str) {
        let place = self.editor.types(text);
        let offered = self.editor.completions(place);
        let item = offered.iter().find(|(label, _)| label.starts_with(expected));
        let documentation = match item {
            Some((_, item)) => self.editor.documentation(item),
            None => String::new(),
        };
        let labels: Vec<_> = offered.iter().map(|(label, _)| label).take(12).collect();
        let found = documentation.contains(documented);
        self.expect(found, &format!("`{expected}` is offered and explained in\n{text}"), || {
            format!("{documentation:?} of {labels:?}")
        });
    }

    fn explains(&mut self, text: &str, expected: &str) {
        let place = self.editor.types(text);
        let shown = self.editor.hover(place);
        self.expect(shown.contains(expected), &format!("`{expected}` is shown in\n{text}"), || {
            shown
        });
    }

    fn leads(&mut self, text: &str, file: &str, line: &str) {
        let place = self.editor.types(text);
        let targets = self.editor.definition(place);
        let found = targets.iter().any(|(path, text)| path.ends_with(file) && text.contains(line));
        self.expect(found, &format!("`{line}` in {file} is gone to from\n{text}"), || {
            format!("{targets:?}")
        });
    }

    fn renames(&mut self, text: &str, name: &str, expected: &str) {
        let place = self.editor.types(text);
        let renamed = self.editor.renamed(place, name);
        self.expect(renamed == expected, &format!("`{name}` is the new name in\n{text}"), || {
            renamed
        });
    }

    fn is_silent_about(&mut self, text: &str) {
        self.editor.types(&format!("{text}$0"));
        let diagnostics = self.editor.diagnostics();
        self.expect(diagnostics.is_empty(), &format!("nothing is wrong with\n{text}"), || {
            format!("{diagnostics:?}")
        });
    }
}

fn completes_unfinished_statements(probes: &mut Probes) {
    for (piece, expected) in [
        ("        jobs.$0", "run_one"),
        ("        jobs.co$0", "count"),
        ("        let n = jobs.$0", "count"),
        ("        #[step(1, \"Half\")]\n        jobs.$0", "run_one"),
        ("        #[step(1, \"Half\")]\n        let half = jobs.$0", "run_one"),
        ("        #[step(1, \"Half\")]\n        progress.$0", "set_length"),
        ("        #[step(1, \"Half\")]\n        progress.se$0", "set_message"),
        (
            "        #[step(1, \"Each\")]\n        for item in first.items {\n            progress.$0\n        }",
            "inc",
        ),
        (
            "        #[step(1, \"Each\")]\n        for item in first.items {\n            #[step(1, \"Inner\")]\n            jobs.$0\n        }",
            "run_one",
        ),
        (
            "        #[step(1, \"Some\")]\n        if jobs.count() > 0 {\n            progress.$0\n        }",
            "set_length",
        ),
        (
            "        #[step(1, \"Some\")]\n        match jobs.count() {\n            0 => {}\n            _ => { progress.$0 }\n        }",
            "inc",
        ),
        (
            "        #[step(1, \"Both\")]\n        #[parallel]\n        (\n            #[step(1, \"One\")]\n            jobs.run_one(progress).await?,\n            #[step(1, \"Two\")]\n            jobs.$0,\n        );",
            "run_one",
        ),
        (
            "        #[step(1, \"Again\")]\n        #[retry(progress_runtime::backon::ConstantBuilder::default())]\n        jobs.$0",
            "run_one",
        ),
        (
            "        #[step(1, \"All\")]\n        let all: Vec<_> = for item in first.items {\n            jobs.$0\n        };",
            "run_one",
        ),
        ("        first.$0", "items"),
        ("        Jobs::$0", "new"),
        ("        let n = fir$0", "first"),
        ("        let n = jobs.count()\n        jobs.$0", "count"),
        ("        let n = jobs.count() + ;\n        first.$0", "name"),
    ] {
        probes.offers(&body(piece), expected);
    }
    probes.offers(&attributed("    jobs.$0"), "run_one");
    probes.offers(&attributed("    #[step(1, \"Half\")]\n    progress.$0"), "set_length");
    for (piece, expected) in [
        ("        #[step(1, \"Half\")]\n        progress.$0", "set_length"),
        ("        #[step(1, \"Half\")]\n        let n = jobs.$0", "count"),
        (
            "        #[step(1, \"Each\")]\n        for item in first.items {\n            progress.$0\n        }",
            "inc",
        ),
    ] {
        let text = body(piece).replace("async fn", "fn").replace(".await", "");
        let text = text.replace("jobs.run_one(progress)?", "jobs.run_now(progress)?");
        probes.offers(&text, expected);
    }
}

fn completes_in_later_steps_of_a_broken_body(probes: &mut Probes) {
    for broken in [
        "jobs.",
        "let n =",
        "let n = 3 3;",
        "jobs.run_one(,);",
        "#[step(1)]\n        jobs.count();",
        "if {}",
    ] {
        let piece = format!("        {broken}\n        #[step(1, \"Later\")]\n        progress.$0");
        probes.offers(&body(&piece), "set_length");
    }
}

fn completes_in_attributes(probes: &mut Probes) {
    let attribute =
        |name: &str| body(&format!("        #[{name}]\n        jobs.run_one(progress).await?;"));
    probes.offers_with_documentation(&attribute("st$0"), "step", "Makes a statement a step");
    probes.offers_with_documentation(&attribute("ste$0"), "step", "relative to the others");
    probes.offers(&attribute("$0"), "step");
    probes.offers(&attribute("unt$0"), "untracked");
    for (half, whole) in [("re$0", "retry"), ("tim$0", "timeout"), ("unc$0", "uncancellable")] {
        let piece = format!(
            "        #[step(1, \"Half\")]\n        #[{half}]\n        jobs.run_one(progress).await?;"
        );
        probes.offers(&body(&piece), whole);
    }
    probes.offers(&attributed("    #[st$0]\n    jobs.run_one(progress).await?;"), "step");
    let step = |arguments: &str| {
        body(&format!("        #[step({arguments})]\n        jobs.run_one(progress).await?;"))
    };
    probes.offers(&step("1, \"Of {fi$0}\""), "first");
    probes.offers(&step("1, \"Of {}\", first.$0"), "items");
    probes.offers(&step("WEI$0, \"Half\""), "WEIGHT");
    let each = |item: &str| {
        let head = format!("        #[step(1, \"Each\", item = {item})]\n");
        body(&format!(
            "{head}        for found in [&first] {{\n            jobs.run_one(progress).await?;\n        }}"
        ))
    };
    probes.offers(&each("\"{fou$0}\""), "found");
    probes.offers(&each("\"{}\", found.$0"), "items");
    let piece = "        #[step(1, \"Half\")]\n        #[timeout(Duration::$0)]\n        jobs.run_one(progress).await?;";
    probes.offers(&body(piece), "from_secs");
}

fn completes_in_half_a_signature(probes: &mut Probes) {
    let signature = |head: &str| {
        format!(
            "{HEAD}workflow!(\n    {head} {{\n        #[step(1, \"First\")]\n        drop(progress);\n    }}\n);\n"
        )
    };
    probes.offers(&signature("async fn flow(jobs: &Jo$0, progress: Progress)"), "Jobs");
    probes.offers(&signature("async fn flow(jobs: Jobs, progress: Progress) -> Fou$0"), "Found");
    let inside = "async fn flow(jobs: , found: &Found, progress: Progress)";
    let text = format!(
        "{HEAD}workflow!(\n    {inside} {{\n        #[step(1, \"First\")]\n        drop(progress);\n        found.$0\n    }}\n);\n"
    );
    probes.offers(&text, "items");
}

fn explains_and_leads(probes: &mut Probes) {
    let second = "        #[step(1, \"Second {}\", first.items.len())]\n        ";
    probes.explains(&body(&format!("{second}jobs.run_$0one(progress).await?;")), "Runs one job");
    probes.explains(&body(&format!("{second}jobs.run_one(prog$0ress).await?;")), "Progress");
    probes.explains(&body("        let n = fir$0st.name.len();"), "Found");
    probes.explains(
        &body("        #[st$0ep(1, \"Second\")]\n        jobs.run_one(progress).await?;"),
        "Makes a statement a step",
    );
    probes.explains(&body("        #[step(1, \"Second\")]\n        #[uncan$0cellable]\n        jobs.run_one(progress).await?;"), "cancel");
    probes.explains(&body("        #[step(1, \"Second {}\", fir$0st.name)]\n        jobs.run_one(progress).await?;"), "Found");
    probes.explains(&body("        jobs.\n        let n = fir$0st.name.len();"), "Found");
    probes.leads(
        &body(&format!("{second}jobs.run_$0one(progress).await?;")),
        "src/jobs.rs",
        "async fn run_one",
    );
    probes.leads(&body("        let n = fir$0st.name.len();"), "src/probe.rs", "let first =");
    probes.leads(&body("        let name = first.name;\n        #[step(1, \"Second {na$0me}\")]\n        jobs.run_one(progress).await?;"), "src/probe.rs", "let name =");
    probes.leads(
        &body("        #[st$0ep(1, \"Second\")]\n        jobs.run_one(progress).await?;"),
        "progress-macros/src/lib.rs",
        "step",
    );
    probes.leads(
        &format!("{}\nfn plan() {{\n    flow_$0plan();\n}}\n", body("")),
        "src/probe.rs",
        "async fn flow",
    );
}

fn renames(probes: &mut Probes) {
    let uses = |name: &str, cursor: &str| {
        body(&format!(
            "        let {name}{cursor} = first.name;\n        #[step(1, \"Second {{}}\", {name})]\n        jobs.run_one(progress).await?;\n        drop({name});"
        ))
    };
    probes.renames(&uses("name", "$0"), "title", &uses("title", ""));
    let captured = |name: &str, cursor: &str| {
        body(&format!(
            "        let {name}{cursor} = first.name;\n        #[step(1, \"Second {{{name}}}\")]\n        jobs.run_one(progress).await?;"
        ))
    };
    probes.renames(&captured("name", "$0"), "title", &captured("title", ""));
    let parameter = body("        jo$0bs.count();");
    probes.renames(
        &parameter,
        "work",
        &parameter.replace("$0", "").replace("jobs.", "work.").replace("(jobs:", "(work:"),
    );
}

#[test]
fn an_editor_works_inside_of_workflows() {
    let program = match editor::program() {
        Ok(program) => program,
        Err(reason) => return eprintln!("SKIPPED: {reason}"),
    };
    let (root, target) = project();
    let mut probes =
        Probes { editor: Editor::open(&program, &root, &target), asked: 0, wrong: Vec::new() };
    completes_unfinished_statements(&mut probes);
    completes_in_later_steps_of_a_broken_body(&mut probes);
    completes_in_attributes(&mut probes);
    completes_in_half_a_signature(&mut probes);
    explains_and_leads(&mut probes);
    renames(&mut probes);
    probes.is_silent_about(&body("        jobs.count();"));
    let Probes { asked, wrong, .. } = probes;
    println!("{asked} probes");
    assert!(asked >= 30, "only {asked} probes");
    assert!(wrong.is_empty(), "{} of {asked} probes:\n{}", wrong.len(), wrong.join("\n"));
}

/// Runs the command that checks a whole workspace, and reads its findings about the examples.
#[test]
fn an_editor_finds_nothing_wrong_with_the_examples() {
    let program = match editor::program() {
        Ok(program) => program,
        Err(reason) => return eprintln!("SKIPPED: {reason}"),
    };
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let output = Command::new(program)
        .args(["-q", "diagnostics", "."])
        .current_dir(workspace)
        .output()
        .expect("the server runs");
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains("diagnostic scan complete"), "{output}");
    let manifest = workspace.join("examples/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("the manifest of the examples");
    let needs_a_feature = needing_a_feature(&manifest);
    // Each line overwrites the progress of the scan.
    let findings: Vec<_> = output
        .split(['\n', '\r', '\u{8}'])
        .map(str::trim)
        .filter(|line| line.starts_with("at crate") && line.contains("/examples/"))
        // Code for another platform is not a mistake.
        .filter(|line| !line.contains("inactive-code"))
        // The scan has the default features alone.
        .filter(|line| !needs_a_feature.iter().any(|path| line.contains(path)))
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// The files of the examples that need a feature, as a finding names them.
fn needing_a_feature(manifest: &str) -> Vec<String> {
    let examples = manifest.split("[[example]]").filter(|part| part.contains("required-features"));
    let paths = examples.filter_map(|part| part.split("path = \"").nth(1)?.split('"').next());
    paths.map(|path| format!("/examples/{path}")).collect()
}
