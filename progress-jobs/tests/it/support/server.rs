//! A Postgres server of the tests, in a folder of its own.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Where Debian keeps the programs that are not for users, by their version.
const VERSIONS: &str = "/usr/lib/postgresql";

static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A server. It is stopped, and its folder removed, when this is dropped.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// The server of all tests that run at the moment.
    pub fn shared() -> Option<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return Some(server);
        }
        let server = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&server);
        Some(server)
    }

    /// Starts a server. Where there is no Postgres, prints that and returns `None`; in CI, fails.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            missing();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Self { programs, folder, port };
        server.give_folder_away();
        let data = server.data();
        let made = server.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-N"]);
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        server.resume();
        Some(server)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    /// Starts the server again.
    pub fn resume(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=200",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("log").display().to_string();
        let data = self.data();
        let started = self.run("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"]);
        assert!(started.status.success(), "pg_ctl: {}", String::from_utf8_lossy(&started.stderr));
    }

    /// Stops the server: `fast` closes connections, `immediate` is a crash.
    pub fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub async fn create_database(&self) -> String {
        let name = format!("jobs{}", DATABASES.fetch_add(1, SeqCst));
        let port = self.port;
        let created = self.run(
            "createdb",
            &["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", &name],
        );
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
        format!("postgres://postgres@127.0.0.1:{port}/{name}")
    }

    /// Runs a program of Postgres as a user that is not root: the server refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", unprivileged(), "--regid", "nogroup", "--clear-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        // The server inherits what it is started with, and a pipe would stay open.
        let err = self.folder.path().join("stderr");
        let file = std::fs::File::create(&err).unwrap();
        let status = command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .status()
            .unwrap();
        let stderr = std::fs::read(err).unwrap_or_default();
        Output { status, stdout: Vec::new(), stderr }
    }

    fn give_folder_away(&self) {
        if is_root() {
            let owner = format!("{}:nogroup", unprivileged());
            let given = Command::new("chown").arg(owner).arg(self.folder.path()).status().unwrap();
            assert!(given.success());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let started = Instant::now();
        self.stop("immediate");
        assert!(started.elapsed() < Duration::from_secs(60), "Postgres did not stop");
    }
}

/// Says what is left out without Postgres, and how to install it.
fn missing() {
    let text = "skipped: what needs Postgres, which is not installed; \
                `apt-get install postgresql` installs it, or add the folder of `initdb`, `pg_ctl` \
                and `createdb` to PATH";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{text}");
    // Written around the test harness, which captures the output of tests that pass.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn is_root() -> bool {
    let user = Command::new("id").arg("-u").output().unwrap();
    user.stdout.starts_with(b"0\n")
}

fn unprivileged() -> &'static str {
    let known = Command::new("id").arg("postgres").output().unwrap();
    if known.status.success() { "postgres" } else { "nobody" }
}

/// The folder of the programs of Postgres.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    let mut candidates = std::env::split_paths(&path).chain(versions);
    let complete = |folder: &Path| {
        ["initdb", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).is_file())
    };
    candidates.find(|folder| complete(folder))
}
