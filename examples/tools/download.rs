//! Downloads files, several at a time, and goes on with those that it has in part.
//!
//! `cargo run --release --example download -- [--into DIR] [--jobs N] URL…`
//!
//! Each file has a bar with its name, its speed and its time left. Stop it with Ctrl-C, and start it
//! again: it asks the server for the rest.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use clap::Parser;
use progress_runtime::{Interrupted, Progress, Run, RunStatus, Terminal, Unit};
use ureq::http::{StatusCode, header};
use ureq::{Agent, Body};

/// Downloads files.
#[derive(Parser)]
struct Arguments {
    /// The folder to write to
    #[arg(long, value_name = "DIR", default_value = ".")]
    into: PathBuf,

    /// How many files to download at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,

    /// The files
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,
}

/// A file on a server.
struct Remote {
    url: String,
    name: String,
    size: Option<u64>,
    /// The server's name for this version of the file.
    version: Option<String>,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    fs::create_dir_all(&arguments.into)?;
    let (run, mut progress) = Run::start("Download");
    run.report_to(Terminal::stderr()).cancel_on_ctrl_c();

    let agent = Agent::new_with_defaults();
    let ended = download_all(&agent, &arguments, &mut progress);
    match ended {
        Ok(count) => progress.finish_with(format!("{count} of {} files", arguments.urls.len())),
        Err(Interrupted::Cancelled | Interrupted::TimedOut) => drop(progress),
    }
    Ok(match run.status() {
        RunStatus::Completed => ExitCode::SUCCESS,
        RunStatus::Cancelled => ExitCode::from(130),
        _ => ExitCode::FAILURE,
    })
}

/// Downloads the files, and returns how many have arrived. A file that fails does not stop the others.
fn download_all(
    agent: &Agent,
    arguments: &Arguments,
    progress: &mut Progress,
) -> Result<usize, Interrupted> {
    progress.set_unit(Unit::Bytes);
    progress.set_message("asking for the sizes");
    let files: Vec<_> = arguments.urls.iter().map(|url| Remote::ask(agent, url)).collect();
    progress.set_length(files.iter().filter_map(|file| file.size).sum());
    progress.set_message("");

    let into = &arguments.into;
    let arrived = Mutex::new(0);
    let rest = Mutex::new((files.iter(), progress));
    // A share is split off where a thread begins with its file, so only those at work have a bar.
    let next = || {
        let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, progress) = &mut *rest;
        progress.checkpoint()?;
        let Some(file) = files.next() else { return Ok(None) };
        Ok(Some((file, progress.split_named(file.size.unwrap_or(0), &file.name))))
    };
    let work = || {
        while let Some((file, mut share)) = next()? {
            match file.download(agent, into, &mut share) {
                Ok(()) => {
                    *arrived.lock().unwrap_or_else(PoisonError::into_inner) += 1;
                    share.finish();
                }
                Err(_) if share.is_cancelled() => return Err(Interrupted::Cancelled),
                Err(error) => share.fail(format!("{error:#}")),
            }
        }
        Ok(())
    };
    thread::scope(|threads| {
        let workers: Vec<_> = (0..arguments.jobs.max(1)).map(|_| threads.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    Ok(arrived.into_inner().unwrap_or_else(PoisonError::into_inner))
}

impl Remote {
    /// Asks for the size and the version. A server that does not tell them tells them, or its error,
    /// when the file is fetched.
    fn ask(agent: &Agent, url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or(path).to_owned();
        let answer = agent.head(url).call().ok();
        let field = |name| Some(answer.as_ref()?.headers().get(name)?.to_str().ok()?.to_owned());
        let size = field(header::CONTENT_LENGTH).and_then(|size| size.parse().ok());
        Self { url: url.to_owned(), name, size, version: field(header::ETAG) }
    }

    /// Where the file is while it is not complete. Another version has another name, so a part of it
    /// is never continued with a part of this one.
    fn part(&self, into: &Path) -> Option<PathBuf> {
        let version = blake3::hash(self.version.as_ref()?.as_bytes()).to_hex();
        Some(into.join(format!("{}.{}.part", self.name, &version[..8])))
    }

    fn download(&self, agent: &Agent, into: &Path, progress: &mut Progress) -> Result<()> {
        progress.set_unit(Unit::Bytes);
        let part = self.part(into);
        let had =
            part.as_ref().and_then(|part| fs::metadata(part).ok()).map_or(0, |part| part.len());
        let part = part.unwrap_or_else(|| into.join(format!("{}.part", self.name)));
        if had == 0 || self.size.is_none_or(|size| had < size) {
            let mut request = agent.get(&self.url);
            if had > 0 {
                request = request.header(header::RANGE, format!("bytes={had}-"));
            }
            let mut answer = request.call().with_context(|| self.url.clone())?;
            let goes_on = answer.status() == StatusCode::PARTIAL_CONTENT;
            let had = if goes_on { had } else { 0 };
            let mut options = OpenOptions::new();
            options.create(true).append(goes_on).write(true).truncate(!goes_on);
            let file = options.open(&part).with_context(|| part.display().to_string())?;
            if let Some(size) = self.size.or_else(|| answer.body().content_length()) {
                progress.set_length(size);
            }
            progress.set_position(had);
            copy(answer.body_mut(), file, progress)?;
        }
        fs::rename(&part, into.join(&self.name))?;
        Ok(())
    }
}

fn copy(body: &mut Body, mut file: File, progress: &mut Progress) -> Result<()> {
    let mut body = body.as_reader();
    let mut block = vec![0; 1 << 16];
    loop {
        progress.checkpoint()?;
        match body.read(&mut block)? {
            0 => return Ok(file.sync_all()?),
            read => {
                file.write_all(&block[..read])?;
                progress.inc(read as u64);
            }
        }
    }
}
