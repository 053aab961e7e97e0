//! The folders that the form accepts: the root, and all folders below it.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

/// How many folders the form suggests at most.
const MAX_SUGGESTIONS: usize = 100;

/// The folder that contains all others.
#[derive(Clone)]
pub struct Root(Arc<Path>);

impl Root {
    /// # Errors
    ///
    /// The path is not a folder.
    pub fn new(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let path = folder.canonicalize().with_context(|| format!("there is no folder {shown}"))?;
        ensure!(path.is_dir(), "{shown} is not a folder");
        Ok(Self(path.into()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Resolves a path relative to the root. An empty path is the root itself.
    ///
    /// # Errors
    ///
    /// The path leads out of the root, or is not a folder.
    pub fn folder(&self, path: &str) -> Result<PathBuf> {
        for part in Path::new(path).components() {
            match part {
                Component::Normal(_) | Component::CurDir => {}
                Component::ParentDir => {
                    bail!("{path} has a `..` in it: name a folder below the root")
                }
                Component::RootDir | Component::Prefix(_) => {
                    bail!("{path} is absolute: name a folder relative to the root")
                }
            }
        }
        let folder = self.0.join(path).canonicalize();
        let folder = folder.with_context(|| format!("there is no folder {path} below the root"))?;
        ensure!(folder.starts_with(&self.0), "{path} is a link that leads out of the root");
        ensure!(folder.is_dir(), "{path} is not a folder");
        Ok(folder)
    }

    /// The names of the folders directly below the root, sorted, without hidden ones.
    pub fn suggestions(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names.truncate(MAX_SUGGESTIONS);
        names
    }
}
