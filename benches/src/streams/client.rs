//! The clients. Each reads one stream to its end; each chunk of the HTTP body is one event.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

use super::server::Address;

/// The totals over all streams.
#[derive(Debug, Default)]
pub struct Received {
    pub snapshots: u64,
    pub bytes: u64,
    /// The number of streams whose last snapshot shows a completed run at 100 %.
    pub ends: u64,
    /// The longest time from the end of a run, by its last snapshot, to a client's receipt of it.
    pub longest_delay: Duration,
}

/// Clients that have received their first snapshot.
pub struct Clients {
    runtime: Runtime,
    streams: Vec<Client>,
}

struct Client {
    socket: BufReader<TcpStream>,
    event: Vec<u8>,
    snapshots: u64,
    bytes: u64,
}

impl Clients {
    /// Opens each stream `count` times.
    pub fn connect(address: &Address, count: usize) -> Self {
        let runtime = Runtime::new().expect("threads can be started");
        let streams = runtime.block_on(async {
            let mut streams = Vec::new();
            for path in address.streams.iter().flat_map(|path| std::iter::repeat_n(path, count)) {
                streams.push(Client::open(address.port, path).await);
            }
            streams
        });
        Self { runtime, streams }
    }

    /// Reads all streams to their ends, for at most `limit`. Calls `poll` every 500 ms.
    pub fn read(&mut self, limit: Duration, mut poll: impl FnMut()) -> Received {
        let streams = std::mem::take(&mut self.streams);
        self.runtime.block_on(async {
            let mut tasks = JoinSet::new();
            for client in streams {
                tasks.spawn(timeout(limit, client.read()));
            }
            let mut total = Received::default();
            let mut interval = interval(Duration::from_millis(500));
            loop {
                tokio::select! {
                    result = tasks.join_next() => match result {
                        Some(Ok(Ok(received))) => total.add(&received),
                        // The client has timed out or failed, so its end is missing.
                        Some(_) => {}
                        None => return total,
                    },
                    _ = interval.tick() => poll(),
                }
            }
        })
    }
}

impl Received {
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
            client.socket.read_line(&mut line).await.expect("the server responds");
            assert!(!line.is_empty(), "the server has closed the connection");
        }
        while client.snapshots == 0 {
            assert!(client.read_event().await, "the stream begins with a snapshot");
        }
        client
    }

    /// Reads to the end of the stream, and parses the last snapshot.
    async fn read(mut self) -> Received {
        let mut last = Vec::new();
        let mut received_at = Duration::ZERO;
        while self.read_event().await {
            if self.event.starts_with(b"id: ") {
                received_at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                std::mem::swap(&mut last, &mut self.event);
            }
        }
        let mut received =
            Received { snapshots: self.snapshots, bytes: self.bytes, ..Received::default() };
        let last = String::from_utf8_lossy(&last);
        let data = last.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or_default();
        let data: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        if data["status"] == "completed" && data["progress"] == 10_000 {
            let ended = Duration::from_millis(data["ended"].as_u64().unwrap_or_default());
            received.ends = 1;
            received.longest_delay = received_at.saturating_sub(ended);
        }
        received
    }

    /// Reads the next event. Returns `false` at the end of the stream.
    async fn read_event(&mut self) -> bool {
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
