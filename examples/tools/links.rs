//! Checks the links of a site.
//!
//! `cargo run --release --example links -- URL`
//!
//! How many links there are is known only when all pages have been read, so the length grows. The
//! number never goes back meanwhile: it stands until as much of the longer work is done.

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use progress_runtime::{Interrupted, Progress, Run, Terminal, Unit};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use ureq::Agent;
use url::Url;

/// Checks the links of a site.
#[derive(Parser)]
struct Arguments {
    /// The page to start with
    url: Url,

    /// How many links to check at a time
    #[arg(long, value_name = "N", default_value_t = 16)]
    jobs: usize,
}

/// A link, and the page that it stands on.
struct Link {
    to: Url,
    on: Url,
}

/// A link that does not work, and why.
type Broken = (Link, ureq::Error);

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let (run, progress) = Run::start("Check links");
    run.report_to(Terminal::stderr()).cancel_on_ctrl_c();
    let pool = ThreadPoolBuilder::new().num_threads(arguments.jobs).build()?;

    let broken = pool.install(|| check_all(&arguments.url, progress))?;
    for (link, error) in &broken {
        println!("{}: {error}, on {}", link.to, link.on);
    }
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Checks a page, and what can be reached from it. Links to other sites are checked, and not
/// followed.
fn check_all(start: &Url, mut progress: Progress) -> Result<Vec<Broken>, Interrupted> {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(20)));
    let agent = Agent::new_with_config(config.build());
    progress.set_unit(Unit::named("link", "links"));
    progress.set_length(1);
    let counter = progress.counter();

    let known = Mutex::new(HashSet::from([start.clone()]));
    let mut broken = Vec::new();
    let mut round = vec![Link { to: start.clone(), on: start.clone() }];
    while !round.is_empty() {
        let checked = round.into_par_iter().map_with(counter.clone(), |counter, link| {
            counter.checkpoint()?;
            counter.write_message(format_args!("{}", link.to));
            let found = follow(&agent, &link, start).map(|mut found| {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                found.retain(|link| known.insert(link.to.clone()));
                // What was found counts before what is done.
                counter.inc_length(found.len() as u64);
                found
            });
            if let Err(error) = &found {
                counter.record_error(format_args!("{}: {error}", link.to));
            }
            counter.inc(1);
            Ok(found.map_err(|error| (link, error)))
        });
        let checked: Vec<_> = checked.collect::<Result<_, Interrupted>>()?;
        round = Vec::new();
        for checked in checked {
            match checked {
                Ok(found) => round.extend(found),
                Err(error) => broken.push(error),
            }
        }
    }
    counter.finish();
    Ok(broken)
}

/// Returns the links of a page of the site, and none of another site.
fn follow(agent: &Agent, link: &Link, start: &Url) -> Result<Vec<Link>, ureq::Error> {
    let is_own = link.to.origin() == start.origin();
    let request = if is_own { agent.get(link.to.as_str()) } else { agent.head(link.to.as_str()) };
    let mut answer = request.call()?;
    if !is_own || answer.body().mime_type() != Some("text/html") {
        return Ok(Vec::new());
    }
    Ok(links(&answer.body_mut().read_to_string()?, &link.to))
}

/// The links of a page, without their fragments.
fn links(page: &str, on: &Url) -> Vec<Link> {
    let mut found = Vec::new();
    for rest in page.split("href=\"").skip(1) {
        let target = rest.split('"').next().unwrap_or_default();
        if let Ok(mut to) = on.join(target)
            && matches!(to.scheme(), "http" | "https")
        {
            to.set_fragment(None);
            found.push(Link { to, on: on.clone() });
        }
    }
    found
}
