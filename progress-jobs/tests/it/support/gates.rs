//! Files that tell a job in another process how to go on.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The gates of the jobs of one test.
#[derive(Clone)]
pub struct Gates {
    folder: PathBuf,
}

impl Gates {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Tells the job how to go on: a fraction, `done`, `fail`, `panic` or `abort`.
    pub fn tell(&self, name: &str, order: &str) {
        let path = self.folder.join(format!("gate-{name}"));
        let draft = path.with_extension("draft");
        fs::write(&draft, order).unwrap();
        fs::rename(draft, path).unwrap();
    }

    /// What the job was told last.
    pub fn order(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(format!("gate-{name}"))).unwrap_or_default()
    }

    /// Notes a side effect.
    pub fn note(&self, line: &str) {
        self.append("effects", line);
    }

    /// Notes a number that was shown.
    pub fn show(&self, percent: f64) {
        self.append("shown", &percent.to_string());
    }

    fn append(&self, name: &str, line: &str) {
        let path = self.folder.join(name);
        let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        // One write is one line, whoever else writes.
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}
