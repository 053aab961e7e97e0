//! Commands that are shown before they run, in the root of the workspace.

use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// A call of cargo.
pub(crate) struct Cargo {
    command: Command,
    shown: String,
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Splits `arguments` at spaces: none of them contains one.
pub(crate) fn cargo(arguments: &str) -> Cargo {
    // By name rather than by `$CARGO`: only the cargo that rustup installs understands `+nightly`.
    let mut command = Command::new("cargo");
    command.current_dir(root()).args(arguments.split_whitespace());
    Cargo { command, shown: format!("cargo {arguments}") }
}

impl Cargo {
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self.shown = format!("{} {argument}", self.shown);
        self
    }

    /// Selects the packages `names`.
    pub(crate) fn packages(self, names: &[&str]) -> Self {
        names.iter().fold(self, |cargo, name| cargo.arg("-p").arg(name))
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self.shown = format!("{name}='{value}' {}", self.shown);
        self
    }

    pub(crate) fn run(mut self) -> Result {
        println!("\n== {}", self.shown);
        let status = self.command.status().map_err(|error| format!("{}: {error}", self.shown))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed: {status}", self.shown)) }
    }

    /// Checks that a tool is there: `self` prints its version, `install` installs it.
    pub(crate) fn or_install(mut self, install: &str) -> Result {
        let quiet = self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match quiet.status() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(format!("`{}` does not work here; install it with `{install}`", self.shown)),
        }
    }
}
