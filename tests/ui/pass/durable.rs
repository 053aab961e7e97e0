//! Durable workflows: steps of every kind, in both forms.

use std::collections::BTreeMap;
use std::time::Duration;

use backon::ConstantBuilder;
use progress_runtime::{Interrupted, JournalError, Progress, attr, workflow};
use serde::{Deserialize, Serialize};

#[derive(Debug)]
pub enum Error {
    Interrupted,
    Journal,
    Job,
}

impl From<Interrupted> for Error {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<JournalError> for Error {
    fn from(_: JournalError) -> Self {
        Self::Journal
    }
}

#[derive(Clone, Deserialize, Serialize)]
pub struct Batch {
    id: String,
    files: Vec<u32>,
}

/// A value that cannot be kept.
pub struct Index(u32);

async fn batches(_: Progress) -> Result<Vec<Batch>, Error> {
    Ok(vec![Batch { id: "a".to_owned(), files: vec![1, 2] }])
}

async fn open(_: Progress) -> Result<Index, Error> {
    Ok(Index(7))
}

async fn count(n: u32, mut progress: Progress) -> Result<u32, Error> {
    progress.set_fraction(0.5);
    if n > 1_000 { Err(Error::Job) } else { Ok(n) }
}

workflow!(
    /// Every kind of step.
    #[durable]
    #[total(100)]
    pub async fn every_kind(folder: &str, progress: Progress) -> Result<u32, Error> {
        #[step(10, "Batches of {folder}")]
        let batches = batches(progress).await?;

        #[step(10, "Perhaps")]
        #[skip("No batches")]
        if batches.is_empty() {
            count(0, progress).await?;
        }

        #[step(10, "Index")]
        #[repeat]
        let index = open(progress).await?;

        let mut seen = 0; // plain Rust runs again

        #[step(10, "Files of {} batches", batches.len())]
        #[key(batch.id)]
        for batch in &batches {
            #[step(1, "Files")]
            #[key((*file, 7).0)]
            for file in &batch.files {
                if *file == 2 {
                    continue;
                }
                seen += count(*file, progress).await?;
            }
            #[step(1, "Checking")]
            let checked = count(batch.files.len() as u32, progress).await;
            println!("{}", checked.is_ok());
        }

        #[step(10, "Copies")]
        #[concurrent(4)]
        #[key(&batch.id)]
        for batch in batches.clone() {
            #[step(1, "Copy")]
            count(batch.files.len() as u32, progress).await?;
        }

        #[step(10, "Plain loop")]
        for file in batches.iter().flat_map(|batch| &batch.files).collect::<Vec<_>>() {
            #[step(1, "Plain step")]
            count(*file, progress).await?;
        }

        #[step(10, "Branches")]
        #[parallel]
        let (left, (right, _)) = (
            #[step(1, "Left")]
            count(1, progress).await?,
            #[step(1, "Right")]
            #[untracked]
            async { ("right".to_owned(), 7_u8) }.await,
        );

        #[step(10, "Group")]
        let grouped: BTreeMap<String, u32> = {
            #[step(1, "Inside")]
            let inside = count(index.0, progress).await?;
            BTreeMap::from([(right, inside)])
        };

        #[step(5, "Attempts")]
        #[retry(ConstantBuilder::default().with_delay(Duration::ZERO))]
        #[timeout(Duration::from_secs(59))]
        let Ok(tried) = count(3, progress).await else {
            return Err(Error::Job);
        };

        #[step(5, "Payment")]
        #[uncancellable]
        count(1, progress).await?;

        #[step(10, "Arms")]
        match tried {
            0 => Ok(0),
            n => count(n + seen + left + grouped.len() as u32, progress).await,
        }
    }
);

pub struct Server(u32);

impl Server {
    /// The same under the attribute.
    #[attr::workflow]
    #[durable]
    pub async fn serve(&self, progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        #[key(number)]
        for (number, item) in [1, 2].into_iter().enumerate() {
            if item > self.0 {
                break;
            }
            count(item, progress).await?;
        }
        #[step(1, "Returning")]
        return count(self.0, progress).await.map(drop);
    }
}

fn is_send<T: Send>(_: T) {}

#[test]
fn runs() {
    is_send(every_kind("a", Progress::hidden()));
    is_send(Server(1).serve(Progress::hidden()));
}
