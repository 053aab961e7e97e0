//! Loops: items with keys are remembered, and items without are not.

use progress_runtime::{Journal, JournalError, Progress, workflow};

use super::{Error, Work, journal_error, start};

workflow!(
    #[durable]
    async fn keyed(work: &Work, items: &[&str], progress: Progress) -> Result<(), Error> {
        #[step(8, "Items")]
        #[key(item)]
        for item in items {
            #[step(1, "First")]
            let first = work.call(&format!("{item}1"), progress).await?;
            #[step(1, "Second of {first}")]
            work.call(&format!("{item}2"), progress).await?;
        }
        #[step(1, "Last")]
        work.call("last", progress).await?;
        Ok(())
    }
);

#[tokio::test]
async fn an_item_that_was_done_is_not_done_again_nor_a_step_in_the_one_that_was_not() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["c2"]));
    let (run, progress) = start(&journal).await;
    assert!(keyed(&work, &["a", "b", "c", "d"], progress).await.is_err());
    assert_eq!(work.calls(), ["a1", "a2", "b1", "b2", "c1", "c2"]);
    let shown = run.percent();

    work.mend();
    let (run, progress) = start(&journal).await;
    assert_eq!(run.percent(), shown);
    // The items come in another order, and one is new.
    keyed(&work, &["d", "c", "b", "e", "a"], progress).await.unwrap();
    assert_eq!(work.calls(), ["d1", "d2", "c2", "e1", "e2", "last"]);
    let report = run.report().unwrap();
    let expected = ["items[c]/first", "items[b]", "items[a]"];
    assert_eq!(report.resumed.as_ref().unwrap().not_repeated, expected);
}

#[tokio::test]
async fn a_loop_that_was_done_is_not_entered_again() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["last"]));
    let (_run, progress) = start(&journal).await;
    assert!(keyed(&work, &["a"], progress).await.is_err());
    work.calls();
    work.mend();
    let (_run, progress) = start(&journal).await;
    keyed(&work, &["another"], progress).await.unwrap();
    assert_eq!(work.calls(), ["last"]);
}

#[tokio::test]
async fn two_items_of_one_key_are_an_error_that_names_it() {
    let (journal, work) = (Journal::in_memory(), Work::default());
    let (_run, progress) = start(&journal).await;
    let error = journal_error(keyed(&work, &["a", "b", "a"], progress).await);
    let expected = JournalError::SameKey { step: "items".to_owned(), key: "a".to_owned() };
    assert_eq!(error, expected);
    assert_eq!(
        error.to_string(),
        "two items of step `items` have the key `a`: a key must be unique in its loop"
    );
}

#[tokio::test]
async fn keys_with_the_signs_of_a_path_stay_apart() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["last"]));
    let items = ["a/b", "a%2Fb", "a]", "a", "", "[a", "é\n\""];
    let (run, progress) = start(&journal).await;
    assert!(keyed(&work, &items, progress).await.is_err());
    assert_eq!(work.calls().len(), 2 * items.len() + 1);
    assert_eq!(run.report().unwrap().snapshot.errors, 1);
}

workflow!(
    #[durable]
    async fn unkeyed(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        for item in ["a", "b"] {
            #[step(1, "First")]
            work.call(item, progress).await?;
        }
        #[step(1, "Last")]
        work.call("last", progress).await?;
        Ok(())
    }
);

#[tokio::test]
async fn a_loop_without_a_key_runs_from_its_first_item_until_it_is_done() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["b"]));
    for _ in 0..2 {
        let (_run, progress) = start(&journal).await;
        assert!(unkeyed(&work, progress).await.is_err());
        assert_eq!(work.calls(), ["a", "b"]);
    }
    work.mend();
    let (_run, progress) = start(&journal).await;
    unkeyed(&work, progress).await.unwrap();
    assert_eq!(work.calls(), ["a", "b", "last"]);
}

workflow!(
    #[durable]
    async fn at_once(work: &Work, items: &[u32], progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        #[concurrent(3)]
        #[key(item)]
        for item in items.to_vec() {
            if item == 4 {
                continue;
            }
            work.call(&item.to_string(), progress).await?;
        }
        #[step(1, "Pairs")]
        #[concurrent(2)]
        #[key(format!("{item}-{}", item + 1))]
        for item in items {
            #[step(1, "First")]
            work.call(&format!("{item}a"), progress).await?;
            #[step(1, "Second")]
            work.call(&format!("{item}b"), progress).await?;
        }
        Ok(())
    }
);

#[tokio::test]
async fn concurrent_items_are_remembered_too() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["6"]));
    let (_run, progress) = start(&journal).await;
    let items: Vec<u32> = (1..=7).collect();
    assert!(at_once(&work, &items, progress).await.is_err());
    let mut first = work.calls();
    assert!(first.contains(&"1".to_owned()) && first.contains(&"6".to_owned()));

    work.mend();
    let (_run, progress) = start(&journal).await;
    at_once(&work, &items, progress).await.unwrap();
    let second = work.calls();
    let numbers = |calls: &[String]| {
        calls.iter().filter(|call| call.parse::<u32>().is_ok()).cloned().collect::<Vec<_>>()
    };
    first.retain(|call| call != "6");
    let mut all = [numbers(&first), numbers(&second)].concat();
    all.sort();
    assert_eq!(all, ["1", "2", "3", "5", "6", "7"], "each was done once");
    assert_eq!(second.len() - numbers(&second).len(), 14);
}

#[tokio::test]
async fn the_inner_steps_of_concurrent_items_are_remembered() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["1b"]));
    let (_run, progress) = start(&journal).await;
    assert!(at_once(&work, &[1], progress).await.is_err());
    assert_eq!(work.calls(), ["1", "1a", "1b"]);
    work.mend();
    let (_run, progress) = start(&journal).await;
    at_once(&work, &[1], progress).await.unwrap();
    assert_eq!(work.calls(), ["1b"]);
}

workflow!(
    #[durable]
    async fn left_early(work: &Work, progress: Progress) -> Result<(), Error> {
        #[step(1, "Items")]
        #[key(item)]
        #[repeat]
        for item in 0..4_usize {
            if work.call(&item.to_string(), progress).await? == 1 && item == 1 {
                break;
            }
        }
        #[step(1, "Last")]
        work.call("last", progress).await?;
        Ok(())
    }
);

#[tokio::test]
async fn an_item_that_leaves_the_loop_leaves_it_again() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["last"]));
    for expected in [&["0", "1", "last"][..], &["1", "last"]] {
        let (_run, progress) = start(&journal).await;
        assert!(left_early(&work, progress).await.is_err());
        assert_eq!(work.calls(), expected);
    }
}

workflow!(
    #[durable]
    async fn collecting(work: &Work, items: &[&str], progress: Progress) -> Result<usize, Error> {
        #[step(8, "Items")]
        let lengths: Vec<usize> = for item in items {
            work.call(item, progress).await?
        };
        #[step(1, "Last")]
        work.call("last", progress).await?;
        Ok(lengths.into_iter().sum())
    }
);

#[tokio::test]
async fn what_a_loop_has_collected_is_kept_as_a_whole() {
    let (journal, work) = (Journal::in_memory(), Work::failing(&["last"]));
    let (_run, progress) = start(&journal).await;
    assert!(collecting(&work, &["a", "bc"], progress).await.is_err());
    assert_eq!(work.calls(), ["a", "bc", "last"]);
    work.mend();
    let (_run, progress) = start(&journal).await;
    assert_eq!(collecting(&work, &["other"], progress).await.unwrap(), 3);
    assert_eq!(work.calls(), ["last"]);
}
