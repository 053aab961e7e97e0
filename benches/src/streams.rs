//! Event streams under load: a server in a process of its own, and as many clients as it has to bear.
//!
//! The program runs itself as the server. What the server takes is read off the system, what the clients get is counted
//! by them.

mod client;
mod server;

use std::cell::LazyCell;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use crate::measure::Figure;
use crate::plan::{Role, Section, Target, Unit};
use client::Got;
use server::Address;

/// What the program finds in its environment where it is to be the server, of so many runs.
const SERVE: &str = "BENCHES_SERVE";

/// How long the runs take.
const TIME: Duration = Duration::from_secs(20);

/// A server with some runs, and for each of them some streams; without a run, so many streams that know of none.
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

/// What it took, and what came of it.
struct Outcome {
    streams: f64,
    /// The memory of the server at its most, less that before the first stream, in bytes.
    memory: f64,
    /// The server's CPU time from the start of the runs to the last end, in seconds.
    cpu: f64,
    got: Got,
}

/// Has the program been the server?
pub fn was_asked_to_serve() -> bool {
    let runs = env::var(SERVE).ok().and_then(|runs| runs.parse().ok());
    runs.map(|runs| server::serve(runs, TIME)).is_some()
}

pub fn sections() -> Vec<Section> {
    let loads = LOADS.map(|load| (load, Rc::new(LazyCell::new(move || load.bear()))));
    let section = |name: &str, unit, pick: fn(&Outcome) -> f64, targets: &[Target]| {
        let mut section = Section::new(name, unit);
        for (load, outcome) in &loads {
            let outcome = Rc::clone(outcome);
            let figure = move || Figure::exact(pick(&outcome));
            section = match load.runs {
                0 => section.known(Role::Limit, load.name, &[], figure),
                _ => section.known(Role::Own, load.name, targets, figure),
            };
        }
        section
    };
    let cpu = format!("CPU time of the server, of {} s", TIME.as_secs());
    let mut delay = section(
        "from the end of a run to the last of its clients",
        Unit::Seconds,
        |load| load.got.longest_delay.as_secs_f64(),
        &[],
    );
    // A stream that knows of no run ends by itself, and not with all the others.
    delay.rows.retain(|row| row.role == Role::Own);
    vec![
        section(
            "memory of the server, a stream",
            Unit::Bytes,
            |load| load.memory / load.streams,
            &[],
        ),
        section(&cpu, Unit::Seconds, |load| load.cpu, &[]),
        section(
            "snapshots, a stream",
            Unit::Count,
            |load| load.got.snapshots as f64 / load.streams,
            &[],
        ),
        section(
            "a snapshot on the wire",
            Unit::Bytes,
            |load| load.got.bytes as f64 / load.got.snapshots as f64,
            &[],
        ),
        delay,
        section(
            "streams without their end",
            Unit::Count,
            |load| load.streams - load.got.ends as f64,
            &[Target::AtMost(0.0)],
        ),
    ]
}

impl Load {
    fn bear(self) -> Outcome {
        let streams = self.runs.max(1) * self.streams;
        let needed = streams as u64 + 100;
        let files = rlimit::increase_nofile_limit(needed).unwrap_or_default();
        assert!(
            files >= needed,
            "{needed} open files are needed, {files} allowed: see `ulimit -n`"
        );

        let mut server = Server::start(self.runs);
        let before = server.memory();
        let mut clients = client::Clients::connect(&server.address, self.streams);
        let begun = server.cpu();
        server.go();
        let mut memory = server.memory();
        let got =
            clients.read(TIME + Duration::from_secs(20), || memory = memory.max(server.memory()));
        let cpu = server.cpu() - begun;
        Outcome { streams: streams as f64, memory: memory - before, cpu, got }
    }
}

/// The other process. It ends with its input.
struct Server {
    process: Child,
    address: Address,
}

impl Server {
    fn start(runs: usize) -> Self {
        let program = env::current_exe().expect("the program knows where it is");
        let mut process = Command::new(program)
            .env(SERVE, runs.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can run itself");
        let mut said = String::new();
        let out = process.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut said).expect("it says where it is");
        let address = serde_json::from_str(&said).expect("it says where it is");
        Self { process, address }
    }

    /// Has the runs begin.
    fn go(&mut self) {
        let input = self.process.stdin.as_mut().expect("it is piped");
        input.write_all(b"go\n").expect("the server is there");
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
        /// The unit of the kernel's own figures, on every machine of today.
        const TICKS: f64 = 100.0;
        let stat = self.proc("stat");
        // The name, in parentheses, may hold blanks.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields).split(' ');
        let times = fields.skip(11).take(2).filter_map(|time| time.parse::<f64>().ok());
        times.sum::<f64>() / TICKS
    }

    fn proc(&self, file: &str) -> String {
        let path = format!("/proc/{}/{file}", self.process.id());
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
