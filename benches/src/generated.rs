//! Crates that are generated to be compiled, in a folder of their own that is gone afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs, process};

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
    eprintln!("benches: cargo {} in {}", arguments.join(" "), package.display());
    let run = Command::new("sh")
        .args(["-c", r#""$@" >&2 && times"#, "sh"])
        .arg(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .arg("--offline")
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_INCREMENTAL", "0")
        .env("RUSTC_WRAPPER", "")
        .output()
        .expect("there is a shell");
    let times = String::from_utf8_lossy(&run.stdout);
    let children = times.lines().nth(1).filter(|_| run.status.success());
    let children = children.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&run.stderr)));
    children.split_whitespace().map(minutes).sum()
}

/// `0m1.25s`, as the shell writes it.
fn minutes(text: &str) -> Duration {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m').unwrap_or(("0", "0"));
    let [minutes, seconds] = [minutes, seconds].map(|part| part.parse().unwrap_or(0.0));
    Duration::from_secs_f64(minutes * 60.0 + seconds)
}
