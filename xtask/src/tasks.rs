//! What each command runs.

use std::fs;

use crate::command::{Result, cargo, root};

/// The crates that users depend on.
const PUBLISHED: [&str; 4] =
    ["progress-macros", "progress-runtime", "progress-axum", "progress-jobs"];
/// Those with an API of their own: the macros are used through the runtime.
const LIBRARIES: [&str; 3] = ["progress-runtime", "progress-axum", "progress-jobs"];

/// The command that README.md gives for all tests.
pub(crate) const ALL_TESTS: &str = "test --workspace --all-features";

pub(crate) fn check(_: &[String]) -> Result {
    cargo("fmt --all --check").run()?;
    cargo("clippy --workspace --all-targets --all-features -- -D warnings").run()?;
    for name in PUBLISHED {
        // On its own: in the workspace, other crates enable features of the same dependencies.
        cargo("clippy").packages(&[name]).arg("--").arg("-Dwarnings").run()?;
        for feature in features_of(name)? {
            cargo("clippy --no-default-features --features")
                .arg(&feature)
                .packages(&[name])
                .arg("--")
                .arg("-Dwarnings")
                .run()?;
        }
    }
    // With the features of the first command, so that their dependencies are built once.
    cargo("doc --workspace --all-features --no-deps").env("RUSTDOCFLAGS", "-D warnings").run()
}

pub(crate) fn test(_: &[String]) -> Result {
    cargo(ALL_TESTS).run()?;
    loom(&[])
}

pub(crate) fn test_crates(_: &[String]) -> Result {
    cargo("test --all-features").packages(&PUBLISHED).run()
}

pub(crate) fn loom(_: &[String]) -> Result {
    cargo("test -p progress-runtime --lib --release --target-dir target/loom loom")
        .env("RUSTFLAGS", "--cfg progress_loom")
        .run()
}

pub(crate) fn wasm(_: &[String]) -> Result {
    cargo("check -p progress-runtime --features serde,tracing --target wasm32-unknown-unknown")
        .run()
}

pub(crate) fn bless(_: &[String]) -> Result {
    for tests in BLESSED {
        cargo(tests).env("BLESS", "1").run()?;
    }
    Ok(())
}

/// The tests that compare with files: the compiler's messages, rustfmt's output, expansions, logs.
const BLESSED: [&str; 4] = [
    "test -p progress-tests-ui --test fail",
    "test -p progress-tests --test format",
    "test -p progress-macros",
    "test -p progress-runtime --all-features --test it logs",
];

pub(crate) fn docs(_: &[String]) -> Result {
    // docs.rs builds with nightly, for `doc(cfg)`. RUSTC_BOOTSTRAP makes a stable compiler accept
    // it. Cargo rebuilds dependencies when that variable changes, hence the target directory.
    cargo("doc --all-features --no-deps --target-dir target/docs")
        .packages(&PUBLISHED)
        .env("RUSTDOCFLAGS", "--cfg docsrs -D warnings")
        .env("RUSTC_BOOTSTRAP", "1")
        .run()
}

pub(crate) fn features(_: &[String]) -> Result {
    cargo("hack --version").or_install("cargo install cargo-hack --locked")?;
    cargo("hack clippy --feature-powerset --exclude-features default")
        .packages(&PUBLISHED)
        .arg("--")
        .arg("-Dwarnings")
        .run()
}

pub(crate) fn msrv(_: &[String]) -> Result {
    let version = rust_version()?;
    let install = format!("rustup toolchain install {version} --profile minimal");
    cargo(&format!("+{version} --version")).or_install(&install)?;
    for name in with_the_oldest_rust()? {
        // progress-jobs needs a newer Rust, and so does the feature of progress-axum that shows it.
        let features = features_of(name)?.into_iter().filter(|feature| feature != "jobs");
        cargo(&format!("+{version} check --target-dir target/msrv --features"))
            .arg(&features.collect::<Vec<_>>().join(","))
            .packages(&[name])
            .run()?;
    }
    Ok(())
}

/// The crates that build with the workspace's `rust-version`, and have no newer one of their own.
pub(crate) fn with_the_oldest_rust() -> Result<Vec<&'static str>> {
    let mut names = Vec::new();
    for name in PUBLISHED {
        let manifest = read_manifest(&format!("{name}/Cargo.toml"))?;
        names.extend(manifest.contains("\nrust-version.workspace = true\n").then_some(name));
    }
    Ok(names)
}

pub(crate) fn minimal_versions(_: &[String]) -> Result {
    cargo("+nightly --version").or_install("rustup toolchain install nightly --profile minimal")?;
    let path = root().join("Cargo.lock");
    let lock = fs::read(&path).map_err(|error| format!("cannot read Cargo.lock: {error}"))?;
    let result = cargo("+nightly update -Z direct-minimal-versions").run().and_then(|()| {
        cargo("check --all-features --target-dir target/minimal-versions")
            .packages(&PUBLISHED)
            .run()
    });
    fs::write(&path, lock).map_err(|error| format!("cannot restore Cargo.lock: {error}"))?;
    result
}

pub(crate) fn deny(checks: &[String]) -> Result {
    cargo("deny --version").or_install("cargo install cargo-deny --locked")?;
    checks.iter().fold(cargo("deny check"), |cargo, name| cargo.arg(name)).run()
}

pub(crate) fn semver(revision: &[String]) -> Result {
    cargo("semver-checks --version").or_install("cargo install cargo-semver-checks --locked")?;
    let revision = revision.first().map_or("main", String::as_str);
    cargo("semver-checks --baseline-rev").arg(revision).packages(&LIBRARIES).run()
}

pub(crate) fn miri(_: &[String]) -> Result {
    cargo("+nightly miri --version")
        .or_install("rustup toolchain install nightly --component miri,rust-src")?;
    // The tests ask the system for the time and for files. The sampler thread and the plans that
    // tests make live as long as the process, so they are not leaks. A backtrace takes Miri longer
    // than a reporter may take.
    let flags = "-Zmiri-disable-isolation -Zmiri-ignore-leaks -Zmiri-env-set=RUST_BACKTRACE=0";
    cargo("+nightly miri test -p progress-runtime --lib").env("MIRIFLAGS", flags).run()?;
    // Miri does not lay futures out as the compiler does, and its files differ in their times.
    cargo("+nightly miri test -p progress-runtime --features serde,testing --test it")
        .arg("--")
        .arg("--skip=future_size")
        .arg("--skip=logs")
        .env("MIRIFLAGS", flags)
        .run()
}

/// The features that a crate's manifest declares, without `default`.
pub(crate) fn features_of(name: &str) -> Result<Vec<String>> {
    let manifest = read_manifest(&format!("{name}/Cargo.toml"))?;
    let section = manifest.split("\n[features]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| Some(line.split_once(" = ")?.0));
    Ok(names
        .filter(|name| *name != "default" && !name.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

/// The oldest version of Rust that the workspace supports.
pub(crate) fn rust_version() -> Result<String> {
    let manifest = read_manifest("Cargo.toml")?;
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = version.ok_or("Cargo.toml has no `rust-version`")?;
    Ok(version.trim_matches('"').to_owned())
}

fn read_manifest(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).map_err(|error| format!("cannot read {path}: {error}"))
}
