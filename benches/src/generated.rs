//! Crates that are generated to be compiled, in a folder of their own that is gone afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, process};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository")
}

/// A folder for what is generated and built, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let folder = env::temp_dir().join(format!("progress-benches-{}", process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        Self(folder)
    }

    /// A target folder in here, empty.
    pub fn empty_target(&self) -> PathBuf {
        let target = self.0.join("target");
        if target.exists() {
            fs::remove_dir_all(&target).expect("what was built can be removed");
        }
        target
    }

    /// A crate in here, with the versions that the repository is locked to.
    pub fn package(&self, name: &str, dependencies: &str, source: &str) -> PathBuf {
        let package = self.0.join(name);
        fs::create_dir_all(package.join("src")).expect("the folder can be made");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependencies}"
        );
        let write = |file: &str, text: &str| {
            fs::write(package.join(file), text).expect("the file can be written");
        };
        write("Cargo.toml", &manifest);
        write("src/main.rs", source);
        let lock = repository().join("Cargo.lock");
        fs::copy(lock, package.join("Cargo.lock")).expect("the repository is locked");
        package
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The CPU time that cargo takes, with all that it starts.
pub fn cpu(package: &Path, target: &Path, arguments: &[&str]) -> Duration {
    let before = of_children();
    run(cargo(package, target).args(arguments));
    of_children() - before
}

/// The time that rustc spends in one of its passes over a package, in seconds.
pub fn pass(package: &Path, target: &Path, name: &str) -> f64 {
    #[derive(serde::Deserialize)]
    struct Pass {
        pass: String,
        time: f64,
    }
    let told = run(cargo(package, target)
        .args(["rustc", "--profile", "check", "--"])
        .args(["-Ztime-passes", "-Ztime-passes-format=json"])
        .env("RUSTC_BOOTSTRAP", "1"));
    let passes = told.lines().filter_map(|line| line.strip_prefix("time: "));
    let mut passes = passes.filter_map(|pass| serde_json::from_str::<Pass>(pass).ok());
    passes.find(|pass| pass.pass == name).expect("rustc tells of each pass").time
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

/// Runs a command to its good end; gives what it has told.
fn run(command: &mut Command) -> String {
    eprintln!("benches: {command:?}");
    let run = command.output().expect("cargo is there");
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{told}");
    told
}

/// The CPU time of all processes that were started here and have ended.
fn of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Duration::from_micros(micros.unsigned_abs())
}
