//! A plain loop with a bar: no workflow, no async code.
//!
//! `cargo run --example bar` copies a file that is made up, `-- walk` counts what has no known
//! number, and `-- files` has a bar for each of several files.

use std::io::{self, Read};
use std::thread::sleep;
use std::time::Duration;

use progress_runtime::{Progress, Run, Terminal, Unit};

fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("walk") => walk(),
        Some("files") => files(),
        _ => copy()?,
    }
    Ok(())
}

/// A reader counts bytes by itself.
fn copy() -> io::Result<()> {
    const SIZE: u64 = 84_000_000;
    let (run, mut progress) = Run::start("Copying ubuntu.iso");
    run.report_to(Terminal::stderr());
    progress.set_length(SIZE);
    let mut reader = progress.wrap_read(io::repeat(7).take(SIZE));
    let mut chunk = vec![0; 1 << 17];
    while reader.read(&mut chunk)? > 0 {
        sleep(Duration::from_millis(12));
    }
    Ok(())
}

/// Without a length there is a spinner, the count and the speed.
fn walk() {
    let (run, mut progress) = Run::start("Walking");
    run.report_to(Terminal::stderr());
    progress.set_unit(Unit::named("file", "files"));
    for number in 0..3_000_u32 {
        progress.write_message(format_args!("src/module_{}/file_{number}.rs", number / 40));
        sleep(Duration::from_millis(2));
        progress.inc(1);
    }
    progress.finish_with("3000 files");
}

const CHUNK: u64 = 100_000;

/// A share with a name for each file, counted on threads.
fn files() {
    let (run, mut progress) = Run::start("Downloading");
    run.report_to(Terminal::stderr());
    let files = [("kernel.tar.xz", 140), ("ubuntu.iso", 900), ("a.txt", 3), ("photos.zip", 350)];
    progress.set_unit(Unit::Bytes);
    progress.set_length(files.iter().map(|(_, chunks)| chunks * CHUNK).sum());
    std::thread::scope(|threads| {
        for (name, chunks) in files {
            let share = progress.split_named(chunks * CHUNK, name);
            threads.spawn(move || download(chunks, share));
        }
    });
    progress.finish_with("4 files");
}

fn download(chunks: u64, mut progress: Progress) {
    progress.set_unit(Unit::Bytes);
    progress.set_length(chunks * CHUNK);
    for _ in 0..chunks {
        sleep(Duration::from_millis(10));
        progress.inc(CHUNK);
    }
    progress.finish();
}
