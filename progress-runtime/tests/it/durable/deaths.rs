//! For any plan and any points of death, the values are those of a run without death.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use progress_runtime::journal::{JournalFuture, JournalStore};
use progress_runtime::{Interrupted, Journal, JournalError, Progress, workflow};
use proptest::prelude::*;

use super::{Error as AnyError, Work, start};

/// Lines in memory, of which a process that dies has written so many more.
#[derive(Clone)]
struct Dying {
    lines: Arc<Mutex<Vec<String>>>,
    left: Arc<Mutex<usize>>,
}

impl Dying {
    fn add(&self, line: String) -> bool {
        let mut left = self.left.lock().unwrap();
        let lives = *left > 0;
        if lives {
            *left -= 1;
            self.lines.lock().unwrap().push(line);
        }
        lives
    }
}

impl JournalStore for Dying {
    fn name(&self) -> String {
        "dying".to_owned()
    }

    fn recall(&self) -> JournalFuture<Vec<String>> {
        let lines = self.lines.lock().unwrap().clone();
        Box::pin(async { Ok(lines) })
    }

    fn record(&self, line: String, _sync: bool) -> JournalFuture<()> {
        let lives = self.add(line);
        Box::pin(async move {
            match lives {
                true => Ok(()),
                false => std::future::pending().await,
            }
        })
    }

    fn mark(&self, line: String) -> Result<(), JournalError> {
        self.add(line);
        Ok(())
    }

    fn close(&self) -> JournalFuture<()> {
        let lives = *self.left.lock().unwrap() > 0;
        let lines = Arc::clone(&self.lines);
        Box::pin(async move {
            if !lives {
                std::future::pending::<()>().await;
            }
            lines.lock().unwrap().clear();
            Ok(())
        })
    }

    fn release(&self) {}
}

/// What a step of a tree is: its work, or more steps.
#[derive(Clone, Debug)]
enum Tree {
    Call,
    Group(Vec<Tree>),
    Each(Vec<Tree>),
    AtOnce(Vec<Tree>),
    Branches(Box<Tree>, Box<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    Just(Tree::Call).prop_recursive(3, 24, 4, |inner| {
        let many = || prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            2 => Just(Tree::Call),
            1 => many().prop_map(Tree::Group),
            1 => many().prop_map(Tree::Each),
            1 => many().prop_map(Tree::AtOnce),
            1 => (inner.clone(), inner.clone())
                .prop_map(|(left, right)| Tree::Branches(left.into(), right.into())),
        ]
    })
}

#[derive(Debug)]
struct Error(#[expect(dead_code, reason = "the text of a panic")] String);

impl From<Interrupted> for Error {
    fn from(reason: Interrupted) -> Self {
        Self(reason.to_string())
    }
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        Self(error.to_string())
    }
}

impl From<AnyError> for Error {
    fn from(error: AnyError) -> Self {
        Self(error.to_string())
    }
}

type Boxed<'a> = futures::future::BoxFuture<'a, Result<String, Error>>;

/// Walks a tree: whatever it is, it is a nested durable workflow.
fn walk<'a>(work: &'a Work, name: String, tree: &'a Tree, progress: Progress) -> Boxed<'a> {
    match tree {
        Tree::Call => Box::pin(async move {
            work.call(&name, progress).await?;
            Ok(name)
        }),
        Tree::Group(steps) => Box::pin(group(work, name, steps, progress)),
        Tree::Each(items) => Box::pin(each(work, name, items, progress)),
        Tree::AtOnce(items) => Box::pin(at_once(work, name, items, progress)),
        Tree::Branches(left, right) => Box::pin(branches(work, name, left, right, progress)),
    }
}

workflow!(
    #[durable]
    async fn group(
        work: &Work,
        name: String,
        steps: &[Tree],
        progress: Progress,
    ) -> Result<String, Error> {
        let first = steps.first().unwrap_or(&Tree::Call);
        let last = steps.last().unwrap_or(&Tree::Call);
        #[step(2, "First")]
        let first = {
            #[step(1, "Before")]
            let before = work.call(&format!("{name}-before"), progress).await?;
            #[step(2, "Inside")]
            let inside = walk(work, format!("{name}-first"), first, progress).await?;
            format!("{before}{inside}")
        };
        #[step(1, "Perhaps")]
        #[skip("Few steps")]
        if steps.len() > 2 {
            work.call(&format!("{name}-perhaps"), progress).await?;
        }
        #[step(3, "Last")]
        let last = match steps.len() {
            0 => String::new(),
            _ => walk(work, format!("{name}-last"), last, progress).await?,
        };
        Ok(format!("({first} {last})"))
    }
);

workflow!(
    #[durable]
    async fn each(
        work: &Work,
        name: String,
        items: &[Tree],
        progress: Progress,
    ) -> Result<String, Error> {
        #[step(5, "Items")]
        #[key(number)]
        for (number, item) in items.iter().enumerate() {
            #[step(1, "Item")]
            let walked = walk(work, format!("{name}-{number}"), item, progress).await?;
            #[step(1, "After {walked}")]
            work.call(&format!("{name}-{number}-after"), progress).await?;
        }
        #[step(1, "Summing up")]
        let length = work.call(&name, progress).await?;
        Ok(format!("[{length}]"))
    }
);

workflow!(
    #[durable]
    async fn at_once(
        work: &Work,
        name: String,
        items: &[Tree],
        progress: Progress,
    ) -> Result<String, Error> {
        #[step(5, "Items")]
        #[concurrent(2)]
        #[key(number)]
        for (number, item) in items.iter().enumerate() {
            walk(work, format!("{name}-{number}"), item, progress).await?;
        }
        Ok(format!("<{}>", items.len()))
    }
);

workflow!(
    #[durable]
    async fn branches(
        work: &Work,
        name: String,
        left: &Tree,
        right: &Tree,
        progress: Progress,
    ) -> Result<String, Error> {
        #[step(1, "Branches")]
        #[parallel]
        let (left, right) = (
            #[step(1, "Left")]
            walk(work, format!("{name}-left"), left, progress).await?,
            #[step(2, "Right")]
            walk(work, format!("{name}-right"), right, progress).await?,
        );
        Ok(format!("{left}|{right}"))
    }
);

workflow!(
    #[durable]
    async fn root(work: &Work, tree: &Tree, progress: Progress) -> Result<String, Error> {
        #[step(3, "Walking")]
        let walked = walk(work, "t".to_owned(), tree, progress).await?;
        #[step(1, "Ending")]
        work.call("end", progress).await?;
        Ok(walked)
    }
);

/// Polls a workflow until it is done, or waits for a record that its process did not live to write.
async fn until_death<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    // The work yields a few times a call, and wakes itself: so many polls are never needed.
    for _ in 0..2_000 {
        if let Poll::Ready(value) = futures::poll!(future.as_mut()) {
            return Some(value);
        }
        tokio::task::yield_now().await;
    }
    None
}

fn counted(calls: &[String]) -> std::collections::BTreeMap<&str, usize> {
    calls.iter().fold(Default::default(), |mut counts: std::collections::BTreeMap<_, _>, call| {
        *counts.entry(call.as_str()).or_default() += 1;
        counts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_run_that_dies_ends_as_one_that_does_not(
        tree in tree(),
        deaths in prop::collection::vec(0_usize..12, 0..6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let work = Work::default();
            let (_run, progress) = start(&Journal::in_memory()).await;
            let expected = root(&work, &tree, progress).await.unwrap();
            let mut calls = work.calls();
            calls.sort();

            let lines = Arc::<Mutex<Vec<String>>>::default();
            let (mut shown, mut all, mut value) = (0.0, Vec::new(), None);
            let lives = deaths.into_iter().chain([usize::MAX]);
            let mut deaths = 0;
            for left in lives {
                let left = Arc::new(Mutex::new(left));
                let journal = Journal::with_store(Dying { lines: lines.clone(), left });
                let (run, progress) = start(&journal).await;
                prop_assert!(run.percent() >= shown, "it begins at {} after {shown}", run.percent());
                run.report_to(progress_runtime::Lines::new(Vec::new()));
                let ended = until_death(root(&work, &tree, progress)).await;
                all.extend(work.calls());
                if let Some(ended) = ended {
                    value = Some(ended.unwrap());
                    break;
                }
                deaths += 1;
                shown = lines.lock().unwrap().iter().filter_map(|line| {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    line["shown"].as_f64()
                }).fold(shown, |shown: f64, line| shown.max(line / 100.0));
            }
            prop_assert_eq!(value, Some(expected));
            all.sort();
            let (once, often) = (counted(&calls), counted(&all));
            prop_assert!(once.keys().eq(often.keys()), "all was done");
            // A process has few calls at work when it dies: those of the branches and items at once.
            let again: usize = often.values().sum::<usize>() - once.values().sum::<usize>();
            prop_assert!(again <= deaths * 16, "{again} calls were made again after {deaths} deaths");
            Ok(())
        })?;
    }
}
