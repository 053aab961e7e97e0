//! Plans and values that have changed since the journal was written.

use progress_runtime::{Journal, JournalError, Progress, workflow};

use super::{Error, Work, journal_error, start};

mod before {
    use super::*;

    workflow!(
        #[durable]
        pub async fn import(work: &Work, progress: Progress) -> Result<usize, Error> {
            #[step(1, "Loading")]
            let loaded = work.call("load", progress).await?;
            #[step(1, "Checking")]
            work.call("check", progress).await?;
            #[step(1, "Storing")]
            work.call("store", progress).await?;
            Ok(loaded)
        }
    );
}

mod after {
    use super::*;

    workflow!(
        #[durable]
        pub async fn import(work: &Work, progress: Progress) -> Result<String, Error> {
            #[step(1, "Loading")]
            let loaded = work.call("load", progress).await?;
            #[step(1, "Parsing")]
            work.call("parse", progress).await?;
            #[step(1, "Storing")]
            work.call("store", progress).await?;
            Ok(loaded.to_string())
        }
    );
}

mod retyped {
    use super::*;

    workflow!(
        #[durable]
        pub async fn import(work: &Work, progress: Progress) -> Result<Vec<String>, Error> {
            #[step(1, "Loading")]
            let loaded: Vec<String> =
                work.call("load", progress).await.map(|length| vec!["x".to_owned(); length])?;
            #[step(1, "Checking")]
            work.call("check", progress).await?;
            #[step(1, "Storing")]
            work.call("store", progress).await?;
            Ok(loaded)
        }
    );
}

async fn stopped(work: &Work) -> Journal {
    let journal = Journal::in_memory();
    let (_run, progress) = start(&journal).await;
    assert!(before::import(work, progress).await.is_err());
    assert_eq!(work.calls(), ["load", "check", "store"]);
    journal
}

#[tokio::test]
async fn a_changed_plan_is_an_error_that_lists_the_changes() {
    let work = Work::failing(&["store"]);
    let journal = stopped(&work).await;
    let (_run, progress) = start(&journal).await;
    let error = journal_error(after::import(&work, progress).await);
    assert!(work.calls().is_empty(), "nothing has run");
    let expected = JournalError::ChangedPlan {
        workflow: "import".to_owned(),
        recorded: "import".to_owned(),
        new: vec!["parsing".to_owned()],
        gone: vec!["checking".to_owned()],
    };
    assert_eq!(error, expected);
    // The journal is as it was.
    let (_run, progress) = start(&journal).await;
    assert!(before::import(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["store"]);
}

#[tokio::test]
async fn a_changed_plan_that_is_allowed_goes_on_by_the_ids() {
    let work = Work::failing(&["store"]);
    let journal = stopped(&work).await;
    let (_run, progress) = start(&journal.clone().allow_changed_plan()).await;
    assert!(after::import(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["parse", "store"]);
    // From now on it is the plan that the journal knows.
    let (_run, progress) = start(&journal).await;
    assert!(after::import(&work, progress).await.is_err());
    assert_eq!(work.calls(), ["store"]);
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_that_names_its_step() {
    let work = Work::failing(&["store"]);
    let journal = stopped(&work).await;
    let (_run, progress) = start(&journal).await;
    let error = journal_error(retyped::import(&work, progress).await);
    let JournalError::ChangedValue { step, text } = &error else { panic!("{error:?}") };
    assert_eq!(step, "loaded");
    assert!(text.contains("invalid type: integer"), "{text}");
    assert!(work.calls().is_empty());

    work.mend();
    let (_run, progress) = start(&journal.allow_changed_plan()).await;
    assert_eq!(retyped::import(&work, progress).await.unwrap().len(), 4);
    assert_eq!(work.calls(), ["load", "store"]);
}

mod other {
    use super::*;

    workflow!(
        #[durable]
        pub async fn export(work: &Work, progress: Progress) -> Result<(), Error> {
            #[step(1, "Loading")]
            work.call("load", progress).await?;
            Ok(())
        }
    );
}

#[tokio::test]
async fn the_journal_of_another_workflow_is_an_error() {
    let work = Work::failing(&["store"]);
    let journal = stopped(&work).await;
    let (_run, progress) = start(&journal).await;
    let error = journal_error(other::export(&work, progress).await).to_string();
    assert!(
        error.starts_with("the journal is that of the workflow `import`, not of `export`;"),
        "{error}"
    );
}
