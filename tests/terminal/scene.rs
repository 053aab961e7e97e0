//! A program for the tests of the display: a run of two steps, which carries out orders from a
//! socket.

use std::env;
use std::future::pending;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, ExitCode};
use std::sync::{Arc, Mutex};

use progress_runtime::terminal::println;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, Terminal, workflow};

/// The error of a step.
#[derive(Debug)]
struct Wrong(String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Interrupted> for Wrong {
    fn from(interrupted: Interrupted) -> Self {
        Self(interrupted.to_string())
    }
}

/// The source of the orders.
#[derive(Clone)]
struct Orders(Arc<Mutex<BufReader<TcpStream>>>);

impl Orders {
    /// The next order. It blocks the executor, as the jobs of users do.
    fn next(&self) -> Option<String> {
        let mut line = String::new();
        let read = self.0.lock().ok()?.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    fn reply(&self, text: &str) {
        if let Ok(orders) = self.0.lock() {
            let _ = writeln!(orders.get_ref(), "{text}");
        }
    }
}

workflow!(
    async fn scene(orders: &Orders, progress: Progress) -> Result<(), Wrong> {
        #[step(3, "Fetch")]
        work(orders, progress).await?;

        #[step(1, "Publish")]
        work(orders, progress).await?;

        Ok(())
    }
);

async fn work(orders: &Orders, mut progress: Progress) -> Result<(), Wrong> {
    while let Some(order) = orders.next() {
        let (verb, rest) = order.split_once(' ').unwrap_or((&order, ""));
        match verb {
            "length" => progress.set_length(rest.parse().unwrap_or(0)),
            "inc" => progress.inc(rest.parse().unwrap_or(0)),
            "message" => progress.set_message(rest.to_owned()),
            "print" => println!("{rest}"),
            "raw" => std::println!("{rest}"),
            "raw-part" => {
                std::print!("{rest} ");
                let _ = std::io::stdout().flush();
            }
            "thread" => {
                let line = rest.to_owned();
                let _ = std::thread::spawn(move || std::eprintln!("{line}")).join();
            }
            "child" => {
                let _ = Command::new("echo").arg(rest).status();
            }
            "burst" => {
                let (count, line) = rest.split_once(' ').unwrap_or((rest, ""));
                (0..count.parse().unwrap_or(0)).for_each(|number| std::println!("{number} {line}"));
            }
            "log" => {
                let _ = writeln!(Terminal::writer(), "{rest}");
            }
            "parts" => {
                let mut log = Terminal::writer();
                let _ = rest.split(' ').try_for_each(|part| write!(log, "{part} "));
            }
            "info" => info(rest),
            "threads" => {
                // Records of two lines, from several threads at once.
                let log = |name: usize| {
                    (0..10).for_each(|turn| info(&format!("{name} logs {turn}\nin two lines")))
                };
                std::thread::scope(|scope| {
                    (0..4).for_each(|name| drop(scope.spawn(move || log(name))));
                });
            }
            "add" => println!("the sum is {}", add(rest).await?),
            "prompt" => drop(std::thread::spawn(prompt)),
            "flood" => drop(std::thread::spawn(|| {
                let mut log = Terminal::writer();
                while writeln!(log, "{}", "flood ".repeat(20)).is_ok() {}
            })),
            "suspend" => Terminal::suspend(|| join(rest.to_owned())),
            "finish-suspended" => {
                Terminal::suspend(|| progress.finish());
                break;
            }
            "reply" => orders.reply(rest),
            "error" => progress.record_error(rest),
            "fail" => return Err(Wrong(rest.to_owned())),
            "panic" => panic!("{rest}"),
            "hang" => pending().await,
            "stubborn" => {
                // Ignores the cancel until the next order.
                let orders = orders.clone();
                let stubborn = move |_: Progress| {
                    orders.next();
                    Err::<(), _>(Wrong("released".to_owned()))
                };
                return match progress.spawn_blocking(stubborn).await {
                    Ok(result) => result,
                    Err(error) => Err(Wrong(error.to_string())),
                };
            }
            _ => break,
        }
    }
    Ok(())
}

/// Asks the user something, for as long as it takes.
fn prompt() {
    Terminal::suspend(|| {
        // The end of a frame, which the test waits for.
        std::print!("continue? \x1b[?2026l");
        let _ = std::io::stdout().flush();
        let mut answer = String::new();
        let _ = std::io::stdin().read_line(&mut answer);
    });
}

/// Waits for a thread that prints, and prints then.
fn join(how: String) {
    let thread = std::thread::spawn(move || match how.as_str() {
        "log" => drop(writeln!(Terminal::writer(), "a line of the log")),
        "print" => println!("a line of the job"),
        _ => panic!("a panic"),
    });
    let outcome = if thread.join().is_ok() { "well" } else { "badly" };
    std::println!("the thread ended {outcome}");
}

/// Adds two numbers on a thread that logs, which takes its time.
async fn add(numbers: &str) -> Result<u64, Wrong> {
    let numbers = numbers.to_owned();
    let sum = std::thread::spawn(move || {
        let _ = writeln!(Terminal::writer(), "adding {numbers}");
        numbers.split(' ').filter_map(|number| number.parse::<u64>().ok()).sum()
    });
    sum.join().map_err(|_| Wrong("no sum".to_owned()))
}

/// Sends the log to the display, through the logger that the test selects.
fn start_logging() {
    match env::var("SCENE_LOG").as_deref() {
        Ok("tracing") => tracing_subscriber::fmt()
            .with_writer(Terminal::writer)
            .with_ansi(Terminal::has_colour())
            .with_target(false)
            .without_time()
            .init(),
        Ok("env_logger") => env_logger::builder()
            .target(env_logger::Target::Pipe(Box::new(Terminal::writer())))
            .write_style(match Terminal::has_colour() {
                true => env_logger::WriteStyle::Always,
                false => env_logger::WriteStyle::Never,
            })
            .filter_level(log::LevelFilter::Info)
            .format_target(false)
            .init(),
        _ => {}
    }
}

/// Emits a record for the logger that the test selects: tracing-subscriber takes those of `tracing`
/// and of `log`. Whether env_logger takes those of `tracing` is up to the features of `tracing` that
/// other crates enable.
fn info(text: &str) {
    if env::var("SCENE_LOG").is_ok_and(|logger| logger == "tracing") {
        tracing::info!("{text}");
    }
    log::info!("{text}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let address = env::var("SCENE_ORDERS").expect("the address of the test's socket");
    let mut socket = TcpStream::connect(address).expect("the test listens");
    writeln!(socket, "{}", std::process::id()).expect("the test reads");
    let orders = Orders(Arc::new(Mutex::new(BufReader::new(socket))));

    start_logging();
    let (run, progress) = Run::start("Scene");
    run.report_to(match env::var_os("SCENE_PINNED") {
        Some(_) => Terminal::stderr().pinned(),
        None => Terminal::stderr(),
    });
    let other = env::var_os("SCENE_TWO").map(|_| {
        let (run, progress) = Run::start("Other");
        run.report_to(Terminal::stderr());
        progress
    });
    if env::var_os("SCENE_WITHOUT_CTRL_C").is_none() {
        run.cancel_on_ctrl_c();
    }
    if env::var_os("SCENE_LEAVES").is_some() {
        orders.next();
        return ExitCode::from(3);
    }
    if let Err(error) = scene(&orders, progress).await {
        eprintln!("error: {error}");
    }
    if let Some(other) = other {
        if orders.next().is_some_and(|order| order.starts_with("reply")) {
            orders.reply("ended");
            orders.next();
        }
        other.finish();
    }
    match run.ended().await.status() {
        RunStatus::Completed => ExitCode::SUCCESS,
        RunStatus::Cancelled => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    }
}
