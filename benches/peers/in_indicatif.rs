//! What the programs in `examples/tools` do, with indicatif: for the pictures of the guide.
//!
//! `cargo run --release -p benches --example in_indicatif -- download|duplicates|links|mirror …`
//!
//! The work is the same, and the bars are what indicatif's own documentation recommends for it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::error::Error;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressIterator, ProgressStyle};
use sha2::{Digest, Sha256};
use ureq::Agent;
use walkdir::WalkDir;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["download", ref urls @ ..] => download(urls),
        ["duplicates", folder] => duplicates(Path::new(folder)),
        ["links", url] => links(url),
        ["mirror", url, folder] => mirror(url, Path::new(folder)),
        _ => Err("one of: download URL…, duplicates DIR, links URL, mirror URL DIR".into()),
    }
}

fn style(template: &str) -> Result<ProgressStyle> {
    Ok(ProgressStyle::with_template(template)?.progress_chars("=> "))
}

/// A bar for each file, and one for all of them.
fn download(urls: &[&str]) -> Result<()> {
    let bytes = "{msg:17} [{wide_bar}] {bytes}/{total_bytes} ({bytes_per_sec}, {eta})";
    let agent = Agent::new_with_defaults();
    let bars = MultiProgress::new();
    let all = bars.add(ProgressBar::new(0).with_style(style(bytes)?).with_message("all"));
    let rest = Mutex::new(urls.iter());
    let work = || -> Result<()> {
        loop {
            let Some(url) = rest.lock().map_err(|_| "poisoned")?.next() else { return Ok(()) };
            let mut answer = agent.get(*url).call()?;
            let size = answer.body().content_length().unwrap_or(0);
            all.inc_length(size);
            let name = url.rsplit('/').next().unwrap_or(url).to_owned();
            let bar = bars.add(ProgressBar::new(size).with_style(style(bytes)?).with_message(name));
            let body = answer.body_mut().as_reader();
            io::copy(&mut all.wrap_read(bar.wrap_read(body)), &mut io::sink())?;
            bar.finish_and_clear();
        }
    };
    in_threads(3, work)?;
    all.finish();
    Ok(())
}

/// A spinner, and then a bar in bytes.
fn duplicates(folder: &Path) -> Result<()> {
    let mut by_size: HashMap<u64, Vec<PathBuf>> = HashMap::new();
    let spinner = ProgressBar::new_spinner().with_style(style("{spinner} {pos} files {wide_msg}")?);
    for entry in WalkDir::new(folder) {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() && metadata.len() > 0 {
            spinner.set_message(entry.path().display().to_string());
            spinner.inc(1);
            by_size.entry(metadata.len()).or_default().push(entry.into_path());
        }
    }
    spinner.finish_and_clear();
    by_size.retain(|_, paths| paths.len() > 1);
    let bytes = by_size.iter().map(|(size, paths)| size * paths.len() as u64).sum();
    let template = "{percent:3}% [{bar:40}] {bytes}/{total_bytes} ({bytes_per_sec}) {wide_msg}";
    let bar = ProgressBar::new(bytes).with_style(style(template)?);
    let rest = Mutex::new(by_size.into_values().flatten());
    let hashes = Mutex::new(HashMap::new());
    let work = || -> Result<()> {
        loop {
            let Some(path) = rest.lock().map_err(|_| "poisoned")?.next() else { return Ok(()) };
            bar.set_message(path.display().to_string());
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(bar.wrap_read(fs::File::open(&path)?))?;
            let mut hashes = hashes.lock().map_err(|_| "poisoned")?;
            hashes.entry(hasher.finalize()).or_insert_with(Vec::new).push(path);
        }
    };
    in_threads(2, work)?;
    bar.finish();
    let hashes = hashes.into_inner().map_err(|_| "poisoned")?;
    for copies in hashes.values().filter(|copies| copies.len() > 1) {
        println!("{copies:?}");
    }
    Ok(())
}

/// A bar whose length grows.
fn links(start: &str) -> Result<()> {
    let agent = Agent::new_with_defaults();
    let bar = ProgressBar::new(1);
    bar.set_style(style("{percent:3}% [{bar:40}] {pos}/{len} links {wide_msg}")?);
    let mut known = HashSet::from([start.to_owned()]);
    let mut rest = VecDeque::from([start.to_owned()]);
    while let Some(url) = rest.pop_front() {
        bar.set_message(url.clone());
        match agent.get(&url).call() {
            Ok(mut answer) => {
                let page = answer.body_mut().read_to_string()?;
                let folder = url.rsplit_once('/').map_or("", |(folder, _)| folder);
                for target in
                    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next())
                {
                    let url = format!("{folder}/{target}");
                    if known.insert(url.clone()) {
                        bar.inc_length(1);
                        rest.push_back(url);
                    }
                }
            }
            Err(error) => bar.println(format!("{url}: {error}")),
        }
        bar.inc(1);
    }
    bar.finish_with_message("done");
    Ok(())
}

/// A bar for each phase, one after the other.
fn mirror(url: &str, folder: &Path) -> Result<()> {
    let agent = Agent::new_with_defaults();
    let spinner = ProgressBar::new_spinner().with_message("reading the list");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let list = agent.get(format!("{url}/SHA256SUMS")).call()?.body_mut().read_to_string()?;
    spinner.finish_and_clear();

    let counts = "{msg:12} [{wide_bar}] {pos}/{len}";
    let mut missing = Vec::new();
    let lines: Vec<_> = list.lines().filter_map(|line| line.split_once("  ")).collect();
    for (sum, path) in lines.iter().progress_with_style(style(counts)?).with_message("comparing") {
        let hash = |content| -> String {
            Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        if fs::read(folder.join(path)).map_or(true, |content| hash(content) != *sum) {
            missing.push(*path);
        }
    }
    let bars = MultiProgress::new();
    let files = ProgressBar::new(missing.len() as u64).with_style(style(counts)?);
    let files = bars.add(files.with_message("fetching"));
    files.tick();
    let rest = Mutex::new(missing.into_iter());
    let work = || -> Result<()> {
        loop {
            let Some(path) = rest.lock().map_err(|_| "poisoned")?.next() else { return Ok(()) };
            let mut answer = agent.get(format!("{url}/{path}")).call()?;
            let bar = ProgressBar::new(answer.body().content_length().unwrap_or(0));
            let bytes = style("  {msg} [{wide_bar}] {bytes}/{total_bytes} ({eta})")?;
            let bar = bars.add(bar.with_style(bytes).with_message(path.to_owned()));
            let mut content = Vec::new();
            bar.wrap_read(answer.body_mut().as_reader()).read_to_end(&mut content)?;
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, content)?;
            bar.finish_and_clear();
            files.inc(1);
        }
    };
    in_threads(4, work)?;
    files.finish();
    Ok(())
}

fn in_threads(count: usize, work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    thread::scope(|threads| {
        let workers: Vec<_> = (0..count).map(|_| threads.spawn(&work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a panic")?)
    })
}
