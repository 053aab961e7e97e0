//! Parents that are killed, started again, or that are jobs themselves.

use futures::future::join_all;
use progress_jobs::{JobState, Jobs, JobsError};
use progress_runtime::{Progress, Run, RunStatus, workflow};

use crate::support::*;

async fn a_parent_that_is_killed_finds_its_sub_jobs_again(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(4);
    let first = database.parent("p");
    gates.tell("p-first", "done");
    gates.tell("p-second", "0.5");
    let child = until_child(&jobs, "p", "second").await;
    let live = until_state(&jobs, &child.id, JobState::Running).await;
    first.kill();
    let _second = database.parent("p");
    for part in ["second", "third"] {
        gates.tell(&format!("p-{part}"), "done");
    }
    eventually("result", async || {
        let result = "result Ok(\"p-first p-second p-third\")";
        (count(&database.path(), "effects", result) == 1).then_some(())
    })
    .await;
    let children = jobs.children("p").await.unwrap();
    assert_eq!(children.len(), 3);
    assert!(children.iter().all(|child| child.attempt == 1), "{children:?}");
    assert_eq!(children[1].id, live.id);
    for part in ["first", "second", "third"] {
        assert_eq!(count(&database.path(), "effects", &format!("begin p-{part}")), 1);
    }
}

async fn one_key_is_one_row_however_many_create_it(database: Database) {
    let (one, other) = (database.connect().await, database.connect().await);
    let starts = (0..50).map(|n| {
        let jobs = if n % 2 == 0 { one.clone() } else { other.clone() };
        async move { jobs.start(EMPTY, &n, "key").await.unwrap() }
    });
    let ids = join_all(starts).await;
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(database.number("SELECT count(*) FROM progress_jobs").await, 1);
    let knocks = format!("SELECT count(*) FROM {}", database.knocks());
    assert_eq!(database.number(&knocks).await, 1);
}

async fn a_job_that_ended_badly_may_be_started_again(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(1);
    gates.tell("a", "fail");
    let run = async |jobs: &Jobs| {
        let (_run, progress) = Run::builder("Again").id("again").start();
        jobs.run(GATE, &"a".to_owned(), progress).await
    };
    let failed = run(&jobs).await.unwrap_err();
    assert!(
        matches!(&failed, JobsError::Failed { error, .. } if error == "a failed"),
        "{failed:?}"
    );
    gates.tell("a", "done");
    assert_eq!(run(&jobs).await.unwrap(), "a");
    // One that completed is not run again.
    gates.tell("a", "fail");
    assert_eq!(run(&jobs).await.unwrap(), "a");
    assert_eq!(jobs.children("again").await.unwrap().len(), 2);
    assert_eq!(count(&database.path(), "effects", "begin a"), 2);
}

async fn a_workflow_that_is_a_job_goes_on_where_its_worker_died(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    let flow = jobs.start(FLOW, &"f".to_owned(), "f").await.unwrap();
    until_state(&jobs, &flow, JobState::Running).await;
    // The sub-jobs run in another process than their parent does.
    gates.tell("f-first", "done");
    gates.tell("f-second", "0.5");
    let child = until_child(&jobs, &flow, "second").await;
    let snapshot = eventually("state", async || jobs.get(&flow).await.unwrap()?.snapshot()).await;
    assert_eq!((snapshot.run.as_str(), snapshot.workflow.as_str()), (flow.as_str(), "flow"));
    let second = database.worker(4);
    first.kill();
    let taken_over = eventually("second attempt", async || {
        jobs.get(&flow).await.unwrap().filter(|job| job.attempt == 2)
    })
    .await;
    assert_eq!(taken_over.state, JobState::Running);
    for part in ["second", "third"] {
        gates.tell(&format!("f-{part}"), "done");
    }
    assert_eq!(jobs.wait::<String>(&flow).await.unwrap(), "f-first f-second f-third");
    let children = jobs.children(&flow).await.unwrap();
    assert_eq!(children.len(), 3, "{children:?}");
    assert_eq!(children[1].id, child.id);
    assert_eq!(count(&database.path(), "effects", "begin f-first"), 1);
    assert_eq!(count(&database.path(), "effects", "end f-second"), 1);
    drop(second);
}

async fn workflows_on_one_slot_wait_for_their_sub_jobs_without_it(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    for n in 0..5 {
        for part in ["first", "second", "third"] {
            gates.tell(&format!("f{n}-{part}"), "done");
        }
    }
    let _worker = database.worker(1);
    let flows = join_all((0..5).map(|n| {
        let jobs = jobs.clone();
        async move { jobs.start(FLOW, &format!("f{n}"), n).await.unwrap() }
    }))
    .await;
    for flow in &flows {
        jobs.wait::<String>(flow).await.unwrap();
    }
}

async fn the_number_of_a_job_is_that_of_the_step_that_follows_it(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(1);
    gates.tell("s-first", "done");
    gates.tell("s-second", "0.5");
    let (run, progress) = Run::builder("Shown").id("s").start();
    let work = tokio::spawn({
        let jobs = jobs.clone();
        async move { flow(&jobs, "s", progress).await }
    });
    eventually("half of the second step", async || (run.percent() == 50.0).then_some(())).await;
    eventually("message", async || (run.snapshot().message == "at 0.5").then_some(())).await;
    let child = until_child(&jobs, "s", "second").await;
    let step = run.snapshot().steps[1].clone();
    assert_eq!(step.job.unwrap().id.as_str(), child.id);
    let snapshot = jobs.get(&child.id).await.unwrap().unwrap().snapshot().unwrap();
    assert_eq!((snapshot.run.as_str(), snapshot.progress), (child.id.as_str(), 5_000));
    gates.tell("s-second", "done");
    gates.tell("s-third", "done");
    assert_eq!(work.await.unwrap().unwrap(), "s-first s-second s-third");
    assert_eq!(run.status(), RunStatus::Completed);
}

workflow!(
    async fn items(jobs: &Jobs, list: Vec<u32>, progress: Progress) -> Result<(), FlowError> {
        #[step(1, "Items", id = "items")]
        #[concurrent(2)]
        for item in list {
            #[step(1, "Working")]
            jobs.job(EMPTY, &item).key(item).run(progress).await?;
        }

        Ok(())
    }
);

async fn an_item_with_a_key_finds_its_job_in_any_order(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = worker(&jobs, &gates);
    let worker = tokio::spawn(worker.run(std::future::pending()));
    let run = async |list: Vec<u32>| {
        let (_run, progress) = Run::builder("Items").id("items").start();
        items(&jobs, list, progress).await.unwrap();
    };
    run(vec![1, 2, 3]).await;
    let before = jobs.children("items").await.unwrap();
    assert_eq!(before.len(), 3);
    run(vec![3, 1]).await;
    run(vec![2]).await;
    let after = jobs.children("items").await.unwrap();
    assert_eq!(
        before.iter().map(|job| &job.id).collect::<Vec<_>>(),
        after.iter().map(|job| &job.id).collect::<Vec<_>>()
    );
    worker.abort();
}

async fn a_purge_keeps_what_a_live_parent_may_need(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(2);
    gates.tell("f-first", "done");
    let flow = jobs.start(FLOW, &"f".to_owned(), "f").await.unwrap();
    let child = until_child(&jobs, &flow, "second").await;
    assert_eq!(jobs.purge(std::time::Duration::ZERO).await.unwrap(), 0);
    assert_eq!(jobs.children(&flow).await.unwrap().len(), 2);
    for part in ["second", "third"] {
        gates.tell(&format!("f-{part}"), "done");
    }
    jobs.wait::<String>(&flow).await.unwrap();
    assert_eq!(jobs.purge(std::time::Duration::ZERO).await.unwrap(), 4);
    assert!(jobs.get(&child.id).await.unwrap().is_none());
    let knocks = format!("SELECT count(*) FROM {}", database.knocks());
    assert_eq!(database.number(&knocks).await, 0);
    let unknown = jobs.wait::<String>(&flow).await.unwrap_err();
    assert!(matches!(unknown, JobsError::Unknown { .. }), "{unknown:?}");
}

crate::on_both!(
    a_parent_that_is_killed_finds_its_sub_jobs_again,
    one_key_is_one_row_however_many_create_it,
    a_job_that_ended_badly_may_be_started_again,
    a_workflow_that_is_a_job_goes_on_where_its_worker_died,
    workflows_on_one_slot_wait_for_their_sub_jobs_without_it,
    the_number_of_a_job_is_that_of_the_step_that_follows_it,
    an_item_with_a_key_finds_its_job_in_any_order,
    a_purge_keeps_what_a_live_parent_may_need,
);
