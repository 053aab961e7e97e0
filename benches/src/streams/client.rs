//! The clients: each reads one stream to its end, by the letter of HTTP's chunks, of which each is an event.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::server::Address;

/// What came over all streams.
#[derive(Debug, Default)]
pub struct Got {
    pub snapshots: u64,
    pub bytes: u64,
    /// Streams whose last snapshot was that of a run that has completed, at 100 %.
    pub ends: u64,
    /// From the end of a run, as its last snapshot says, to a client that has it.
    pub longest_delay: Duration,
}

/// Streams that have got their first snapshot.
pub struct Clients {
    executor: Runtime,
    streams: Vec<Client>,
}

struct Client {
    socket: BufReader<TcpStream>,
    event: Vec<u8>,
    snapshots: u64,
    bytes: u64,
}

impl Clients {
    /// Opens each stream so many times.
    pub fn connect(address: &Address, each: usize) -> Self {
        let executor = Runtime::new().expect("there are threads");
        let streams = executor.block_on(async {
            let mut streams = Vec::new();
            for path in address.streams.iter().flat_map(|path| std::iter::repeat_n(path, each)) {
                streams.push(Client::open(address.port, path).await);
            }
            streams
        });
        Self { executor, streams }
    }

    /// Reads all streams to their ends, for no longer than `limit`, and does something now and then.
    pub fn read(&mut self, limit: Duration, mut meanwhile: impl FnMut()) -> Got {
        let streams = std::mem::take(&mut self.streams);
        self.executor.block_on(async {
            let mut reading = JoinSet::new();
            for client in streams {
                reading.spawn(timeout(limit, client.read()));
            }
            let mut total = Got::default();
            let mut turn = interval(Duration::from_millis(500));
            loop {
                tokio::select! {
                    got = reading.join_next() => match got {
                        Some(Ok(Ok(got))) => total.add(&got),
                        // Too late, or torn: its end is missing.
                        Some(_) => {}
                        None => return total,
                    },
                    _ = turn.tick() => meanwhile(),
                }
            }
        })
    }
}

impl Got {
    fn add(&mut self, other: &Self) {
        self.snapshots += other.snapshots;
        self.bytes += other.bytes;
        self.ends += other.ends;
        self.longest_delay = self.longest_delay.max(other.longest_delay);
    }
}

impl Client {
    async fn open(port: u16, path: &str) -> Self {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await.expect("the server listens");
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        socket.write_all(request.as_bytes()).await.expect("the server reads");
        let socket = BufReader::with_capacity(4096, socket);
        let mut client = Self { socket, event: Vec::new(), snapshots: 0, bytes: 0 };
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            client.socket.read_line(&mut line).await.expect("the server answers");
            assert!(!line.is_empty(), "the server has closed the connection");
        }
        while client.snapshots == 0 {
            assert!(client.event().await, "the stream begins with a snapshot");
        }
        client
    }

    /// Reads to the end, and what was last.
    async fn read(mut self) -> Got {
        let mut last = Vec::new();
        let mut at = Duration::ZERO;
        while self.event().await {
            if self.event.starts_with(b"id: ") {
                at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                std::mem::swap(&mut last, &mut self.event);
            }
        }
        let mut got = Got { snapshots: self.snapshots, bytes: self.bytes, ..Got::default() };
        let last = String::from_utf8_lossy(&last);
        let data = last.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
        let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        if data["status"] == "completed" && data["progress"] == 10_000 {
            let ended = Duration::from_millis(data["ended"].as_u64().unwrap_or_default());
            got.ends = 1;
            got.longest_delay = at.saturating_sub(ended);
        }
        got
    }

    /// Reads the next event; `false` at the end of the stream.
    async fn event(&mut self) -> bool {
        let mut size = String::new();
        let read = self.socket.read_line(&mut size).await;
        let size = usize::from_str_radix(size.trim_end(), 16).unwrap_or_default();
        if read.is_err() || size == 0 {
            return false;
        }
        self.event.resize(size + 2, 0);
        if self.socket.read_exact(&mut self.event).await.is_err() {
            return false;
        }
        if self.event.starts_with(b"id: ") {
            self.snapshots += 1;
            self.bytes += size as u64;
        }
        true
    }
}
