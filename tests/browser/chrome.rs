//! Chromium and its driver, for one test.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,800",
];

/// How long a browser may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// A browser and its driver. Both end when this is dropped, by a panic too.
pub struct Chrome {
    driver: Child,
    port: u16,
    pub client: Client,
}

/// Prints that a test is skipped and how to install what is missing; in CI, fails instead.
pub fn skipped(what: &str, install: &str) {
    let text = format!("skipped: {what} is not installed; `{install}` installs it");
    assert!(env::var("CI").as_deref() != Ok("true"), "{text}");
    // Written around the test harness, which captures the output of tests that pass.
    let _ = writeln!(io::stderr(), "{text}");
}

impl Chrome {
    /// An empty browser. `None`, after a message, if it is not installed.
    pub async fn start() -> Option<Self> {
        let Ok((driver, port)) = driver() else {
            skipped("chromedriver", "apt-get install chromium chromium-driver");
            return None;
        };
        // The driver creates a temporary profile, and removes it.
        let options = json!({
            "goog:chromeOptions": { "args": ARGUMENTS },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": 120_000, "pageLoad": 120_000 },
        });
        let Value::Object(capabilities) = options else { unreachable!("it is written above") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromedriver starts chromium");
        Some(Self { driver, port, client })
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.issue("goog/cdp/execute", body).await
    }

    /// The lines of the console since the last call.
    pub async fn console(&self) -> Vec<String> {
        let lines = self.issue("se/log", json!({ "type": "browser" })).await;
        let lines = lines.as_array().expect("a list");
        lines.iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn issue(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Extension { path, body }).await.expect(path)
    }
}

/// A driver that has started, and its port. The driver takes a free port of IPv4, and exits if the
/// same port of IPv6 is in use: then another one is started.
fn driver() -> io::Result<(Child, u16)> {
    const TRIES: usize = 8;
    let mut printed = Vec::new();
    for _ in 0..TRIES {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        match port(&mut driver) {
            Ok(port) => return Ok((driver, port)),
            Err(lines) => printed.extend(lines),
        }
        let _ = driver.wait();
    }
    panic!("chromedriver does not start: {printed:#?}")
}

/// The port that the driver listens on, or the lines that it has printed instead.
fn port(driver: &mut Child) -> Result<u16, Vec<String>> {
    let output = driver.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines();
    let started = "started successfully on port ";
    let mut printed = Vec::new();
    while let Some(Ok(line)) = lines.next() {
        if let Some((_, port)) = line.split_once(started) {
            let digits: String = port.chars().take_while(char::is_ascii_digit).collect();
            // Read its later output too, so that it never blocks on a full pipe.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(digits.parse().expect("a port"));
        }
        printed.push(line);
    }
    Err(printed)
}

impl Drop for Chrome {
    fn drop(&mut self) {
        // The driver ends its browsers too.
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(GRACE));
            let _ = stream.write_all(
                b"GET /shutdown HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
            );
            let _ = stream.read(&mut [0; 64]);
        }
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if let Ok(Some(_)) = self.driver.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A command of the driver's own.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}
