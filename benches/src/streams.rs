//! Event streams under load: a server in a separate process, and thousands of clients in this one.
//!
//! The program runs itself as the server. The memory and CPU time of the server come from the
//! operating system; the clients count what they receive.

mod client;
mod server;

use std::cell::LazyCell;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use crate::plan::{Role, Section, Target, Unit};
use client::Received;
use server::Address;

/// The environment variable that makes the program the server. Its value is the number of runs.
const SERVE: &str = "BENCHES_SERVE";

/// The duration of each run.
const DURATION: Duration = Duration::from_secs(20);

/// The number of runs, and of streams for each run. Without a run, the streams send constant bytes.
#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    runs: usize,
    streams: usize,
}

const LOADS: [Load; 3] = [
    Load { name: "axum alone: 2,000 streams of the same bytes", runs: 0, streams: 2_000 },
    Load { name: "1 run, 2,000 streams", runs: 1, streams: 2_000 },
    Load { name: "200 runs, 10 streams each", runs: 200, streams: 10 },
];

/// The result of a load.
struct LoadResult {
    streams: f64,
    /// The peak memory of the server above that before the first stream, in bytes.
    memory: f64,
    /// The server's CPU time from the start of the runs to the last end, in seconds.
    cpu: f64,
    received: Received,
}

/// Serves if the environment requests it. Returns whether it did.
pub fn serve_if_requested() -> bool {
    let runs = env::var(SERVE).ok().and_then(|runs| runs.parse().ok());
    runs.map(|runs| server::serve(runs, DURATION)).is_some()
}

pub fn sections() -> Vec<Section> {
    let results = LOADS.map(|load| (load, Rc::new(LazyCell::new(move || load.run()))));
    let section = |name: &str, unit, metric: fn(&LoadResult) -> f64, targets: &[Target]| {
        let mut section = Section::new(name, unit);
        for (load, result) in &results {
            let result = Rc::clone(result);
            let value = move || metric(&result);
            section = match load.runs {
                0 => section.exact(Role::Limit, load.name, &[], value),
                _ => section.exact(Role::Own, load.name, targets, value),
            };
        }
        section
    };
    let cpu = format!("CPU time of the server, of {} s", DURATION.as_secs());
    let mut delay = section(
        "from the end of a run to the last of its clients",
        Unit::Seconds,
        |result| result.received.longest_delay.as_secs_f64(),
        &[],
    );
    // A stream of constant bytes does not end at the same time as the others.
    delay.rows.retain(|row| row.role == Role::Own);
    vec![
        section(
            "memory of the server, per stream",
            Unit::Bytes,
            |result| result.memory / result.streams,
            &[],
        ),
        section(&cpu, Unit::Seconds, |result| result.cpu, &[]),
        section(
            "snapshots, per stream",
            Unit::Count,
            |result| result.received.snapshots as f64 / result.streams,
            &[],
        ),
        section(
            "a snapshot on the wire",
            Unit::Bytes,
            |result| result.received.bytes as f64 / result.received.snapshots as f64,
            &[],
        ),
        delay,
        section(
            "streams without their end",
            Unit::Count,
            |result| result.streams - result.received.ends as f64,
            &[Target::AtMost(0.0)],
        ),
    ]
}

impl Load {
    fn run(self) -> LoadResult {
        let streams = self.runs.max(1) * self.streams;
        let needed = streams as u64 + 100;
        let files = rlimit::increase_nofile_limit(needed).unwrap_or_default();
        assert!(
            files >= needed,
            "{needed} open files are needed, {files} allowed: see `ulimit -n`"
        );

        let mut server = Server::start(self.runs);
        let memory_before = server.memory();
        let mut clients = client::Clients::connect(&server.address, self.streams);
        let cpu_before = server.cpu();
        server.start_runs();
        let mut memory = server.memory();
        let received = clients
            .read(DURATION + Duration::from_secs(20), || memory = memory.max(server.memory()));
        let cpu = server.cpu() - cpu_before;
        LoadResult { streams: streams as f64, memory: memory - memory_before, cpu, received }
    }
}

/// The server's process. It exits when its input is closed.
struct Server {
    process: Child,
    address: Address,
}

impl Server {
    fn start(runs: usize) -> Self {
        let program = env::current_exe().expect("the program knows its path");
        let mut process = Command::new(program)
            .env(SERVE, runs.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can run itself");
        let mut line = String::new();
        let out = process.stdout.take().expect("the stream is piped");
        BufReader::new(out).read_line(&mut line).expect("the server prints its address");
        let address = serde_json::from_str(&line).expect("the address is JSON");
        Self { process, address }
    }

    /// Starts the runs.
    fn start_runs(&mut self) {
        let input = self.process.stdin.as_mut().expect("the stream is piped");
        input.write_all(b"go\n").expect("the server is running");
    }

    /// The memory in use, in bytes.
    fn memory(&self) -> f64 {
        let status = self.proc("status");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = resident.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        kibibytes.map_or(f64::NAN, |kibibytes: f64| kibibytes * 1024.0)
    }

    /// The CPU time so far, in seconds.
    fn cpu(&self) -> f64 {
        cpu_of(self.process.id())
    }

    fn proc(&self, file: &str) -> String {
        proc(self.process.id(), file)
    }
}

/// The CPU time of a process so far, in seconds.
pub fn cpu_of(process: u32) -> f64 {
    /// The kernel counts CPU time in hundredths of a second on all common platforms.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = proc(process, "stat");
    // Skips the program's name, which stands in parentheses and may contain spaces.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
    let times = fields.skip(11).take(2).filter_map(|time| time.parse::<f64>().ok());
    times.sum::<f64>() / TICKS_PER_SECOND
}

fn proc(process: u32, file: &str) -> String {
    let path = format!("/proc/{process}/{file}");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
