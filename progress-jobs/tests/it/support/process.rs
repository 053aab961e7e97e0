//! A process that a test starts, and may kill.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use super::eventually;

/// A process in a role of `kinds::process`. It is killed when this is dropped.
pub struct Process {
    child: Child,
}

impl Process {
    pub fn start(role: &str, url: &str, folder: &Path, argument: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["support::kinds::process", "--exact", "--ignored", "--nocapture", "--quiet"])
            .env("JOBS_ROLE", role)
            .env("JOBS_URL", url)
            .env("JOBS_FOLDER", folder)
            .env("JOBS_ARGUMENT", argument)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child }
    }

    /// Sends a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Kills the process, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("end of the process", || std::future::ready(child.try_wait().unwrap())).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
