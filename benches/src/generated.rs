//! Generates crates in a temporary folder, and compiles them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, process};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::measure::Figure;

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package is inside the repository")
}

/// A temporary folder. Dropping it deletes it.
pub struct TempFolder(PathBuf);

impl TempFolder {
    pub fn new() -> Self {
        let folder = env::temp_dir().join(format!("progress-benches-{}", process::id()));
        fs::create_dir_all(&folder).expect("the folder can be created");
        Self(folder)
    }

    /// Returns an empty target folder.
    pub fn empty_target(&self) -> PathBuf {
        let target = self.0.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).expect("the target folder can be deleted");
        }
        target
    }

    /// Creates a crate with the lock file of the repository.
    pub fn package(&self, name: &str, dependencies: &str, source: &str) -> PathBuf {
        let package = self.0.join(name);
        fs::create_dir_all(package.join("src")).expect("the folder can be created");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}"
        );
        let write = |file: &str, text: &str| {
            fs::write(package.join(file), text).expect("the file can be written");
        };
        write("Cargo.toml", &manifest);
        write("src/main.rs", source);
        let lock = repository().join("Cargo.lock");
        fs::copy(lock, package.join("Cargo.lock")).expect("the repository has a lock file");
        package
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // If this fails, the system deletes its temporary folder some time.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The CPU time of a cargo command and of all processes that it starts.
pub fn cpu_time(package: &Path, target: &Path, arguments: &[&str]) -> Duration {
    let before = cpu_time_of_children();
    run(cargo(package, target).args(arguments));
    cpu_time_of_children() - before
}

/// Compiles two packages in turn.
pub fn compile_in_turn(
    packages: &[PathBuf; 2],
    rounds: usize,
    compile: impl Fn(&Path) -> f64,
) -> [Figure; 2] {
    let mut figures = [Vec::new(), Vec::new()];
    for round in 0..=rounds {
        for (package, figures) in packages.iter().zip(&mut figures) {
            let source = package.join("src/main.rs");
            let text = fs::read_to_string(&source).expect("the source can be read");
            fs::write(source, text).expect("the source can be written");
            let figure = compile(package);
            // The first round builds the dependencies.
            if round > 0 {
                figures.push(figure);
            }
        }
    }
    figures.map(Figure::of)
}

/// The time of one compiler pass over a package, in seconds.
pub fn pass_time(package: &Path, target: &Path, name: &str) -> f64 {
    #[derive(serde::Deserialize)]
    struct Pass {
        pass: String,
        time: f64,
    }
    let output = run(cargo(package, target)
        .args(["rustc", "--profile", "check", "--"])
        .args(["-Ztime-passes", "-Ztime-passes-format=json"])
        .env("RUSTC_BOOTSTRAP", "1"));
    let passes = output.lines().filter_map(|line| line.strip_prefix("time: "));
    let mut passes = passes.filter_map(|pass| serde_json::from_str::<Pass>(pass).ok());
    passes.find(|pass| pass.pass == name).expect("rustc prints the time of each pass").time
}

fn cargo(package: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .arg("--offline")
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC_WRAPPER", "");
    cargo
}

/// Runs a command, and returns its standard error.
///
/// # Panics
///
/// The command fails.
fn run(command: &mut Command) -> String {
    eprintln!("benches: {command:?}");
    let output = command.output().expect("cargo is installed");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    stderr
}

/// The CPU time of all child processes that have ended.
fn cpu_time_of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system measures CPU time");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}
