//! The folders that the job may be started on: the root, and what lies below it.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};

/// As many folders as the form proposes.
const PROPOSED: usize = 100;

/// The folder that holds all the others.
#[derive(Clone)]
pub struct Root(Arc<Path>);

impl Root {
    pub fn new(folder: &Path) -> Result<Self> {
        let shown = folder.display();
        let path = folder.canonicalize().with_context(|| format!("there is no folder {shown}"))?;
        ensure!(path.is_dir(), "{shown} is not a folder");
        Ok(Self(path.into()))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The folder that a path names, seen from the root; the root itself where it is empty.
    ///
    /// # Errors
    /// Where the path leads out of the root, or to no folder.
    pub fn folder(&self, path: &str) -> Result<PathBuf> {
        for part in Path::new(path).components() {
            match part {
                Component::Normal(_) | Component::CurDir => {}
                Component::ParentDir => {
                    bail!("{path} has a `..` in it: name a folder below the root")
                }
                Component::RootDir | Component::Prefix(_) => {
                    bail!("{path} is absolute: name a folder as it is seen from the root")
                }
            }
        }
        let folder = self.0.join(path).canonicalize();
        let folder = folder.with_context(|| format!("there is no folder {path} below the root"))?;
        ensure!(folder.starts_with(&self.0), "{path} is a link that leads out of the root");
        ensure!(folder.is_dir(), "{path} is not a folder");
        Ok(folder)
    }

    /// Folders that lie directly below the root, by name, but the hidden ones.
    pub fn proposals(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let names = folders.filter_map(|folder| folder.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
        names.sort();
        names.truncate(PROPOSED);
        names
    }
}
