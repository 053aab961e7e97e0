//! The values of steps, as they come back.

use std::collections::BTreeMap;

use progress_runtime::journal::MAX_RECORD;
use progress_runtime::{Journal, JournalError, Progress, workflow};
use serde::{Deserialize, Serialize};

use super::{Error, Work, journal_error, start};

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
enum Plan {
    Nothing,
    Copy { from: String, bytes: u128 },
    Many(Vec<Plan>),
}

/// A number that comes back as its neighbour, unless the text is read with care.
const LONG: f64 = 437_918.599_019_468_53;

fn plan() -> Plan {
    let copy = Plan::Copy { from: "a \"b\"\n\u{1F980}".to_owned(), bytes: u128::MAX };
    Plan::Many(vec![Plan::Nothing, copy])
}

workflow!(
    #[durable]
    async fn values(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "A tree")]
        #[untracked]
        let tree = async { plan() }.await;
        #[step(1, "A tuple")]
        #[untracked]
        let (number, text): (f64, Option<String>) = (LONG, None);
        #[step(1, "An unsigned number")]
        #[untracked]
        let large = u64::MAX;
        #[step(1, "A result of a result")]
        #[untracked]
        let inner = async { Ok::<_, Error>(Ok::<u32, String>(7)) }.await?;
        #[step(1, "Collected")]
        #[untracked]
        let names = async { ["a", "b"].map(String::from) }.await.into_iter().collect();
        #[step(1, "Failing")]
        work.call("fail", progress).await?;
        let names: Vec<String> = names;
        assert_eq!((tree, number, text, large), (plan(), LONG, None, u64::MAX));
        assert_eq!((inner, names.len()), (Ok(7), 2));
        Ok(())
    }
);

#[tokio::test]
async fn a_value_comes_back_as_it_was() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["fail"]));
    let (_run, progress) = start(&journal).await;
    assert!(values(&work, progress).await.is_err());
    work.mend();
    let (run, progress) = start(&journal).await;
    values(&work, progress).await.unwrap();
    assert_eq!(run.report().unwrap().resumed.as_ref().unwrap().not_repeated_count, 5);
}

workflow!(
    #[durable]
    async fn large(bytes: usize, progress: Progress) -> Result<usize, Error> {
        #[step(1, "Filling")]
        #[untracked]
        let filled = "x".repeat(bytes);
        Ok(filled.len())
    }
);

#[tokio::test]
async fn a_record_is_bounded() {
    let (_run, progress) = start(&Journal::in_memory()).await;
    let error = journal_error(large(MAX_RECORD, progress).await);
    let JournalError::TooLarge { step, size, limit } = error else { panic!("{error:?}") };
    assert_eq!((step.as_str(), limit), ("filled", MAX_RECORD));
    assert!(size > limit);
    let journal = Journal::in_memory().max_record(2 * MAX_RECORD);
    let (_run, progress) = start(&journal).await;
    assert_eq!(large(MAX_RECORD, progress).await.unwrap(), MAX_RECORD);
}

workflow!(
    #[durable]
    async fn by_pairs(progress: Progress) -> Result<usize, Error> {
        #[step(1, "Counting")]
        #[untracked]
        let counted = BTreeMap::from([((1_u32, 2_u32), 3_u32)]);
        Ok(counted.len())
    }
);

workflow!(
    #[durable]
    async fn by_ratio(part: f64, whole: f64, progress: Progress) -> Result<f64, Error> {
        #[step(1, "Dividing")]
        #[untracked]
        let ratio = part / whole;
        Ok(ratio)
    }
);

#[tokio::test]
async fn a_value_that_could_not_be_read_again_stops_the_workflow() {
    let (_run, progress) = start(&Journal::in_memory()).await;
    let error = journal_error(by_ratio(0.0, 0.0, progress).await).to_string();
    let expected = "the value of step `ratio` cannot be kept: invalid type: null, expected f64";
    assert!(error.starts_with(expected), "{error}");
}

#[tokio::test]
async fn a_value_that_is_no_json_stops_the_workflow() {
    let (_run, progress) = start(&Journal::in_memory()).await;
    let error = journal_error(by_pairs(progress).await).to_string();
    assert_eq!(error, "the value of step `counted` cannot be kept: key must be a string");
}
