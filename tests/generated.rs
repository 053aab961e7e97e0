//! Packages that a test writes for cargo. All are built in one folder, so that what they share is
//! built once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated")
}

/// The workspace's folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace")
}

/// The folder of a package with this manifest, in which `WORKSPACE` stands for that folder.
pub fn package(name: &str, manifest: &str) -> PathBuf {
    let root = folder().join(name);
    fs::create_dir_all(root.join("src")).expect("the folder can be made");
    let manifest = manifest.replace("WORKSPACE", &workspace().to_string_lossy());
    fs::write(root.join("Cargo.toml"), manifest).expect("the file can be written");
    // The versions of this workspace, so that cargo downloads nothing.
    let _ = fs::copy(workspace().join("Cargo.lock"), root.join("Cargo.lock"));
    root
}

/// Cargo in the folder of a package. Its programs are built for one run, and nobody debugs them.
pub fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .env("CARGO_TARGET_DIR", folder().join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env_remove("RUSTFLAGS")
        .current_dir(root);
    cargo
}
