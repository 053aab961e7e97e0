//! Jobs as a page shows them: in pages, as they change, and run again.

use std::time::Duration;

use progress_jobs::{JobFilter, JobState, JobsError};

use crate::support::*;

async fn a_job_that_ended_badly_is_run_again_once(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(2);
    gates.tell("a", "fail");
    let first = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    assert!(jobs.wait::<String>(&first).await.is_err());

    gates.tell("a", "0.5");
    let asked: Vec<_> = (0..20)
        .map(|_| {
            let (jobs, first) = (jobs.clone(), first.clone());
            tokio::spawn(async move { jobs.again(&first).await.unwrap().unwrap() })
        })
        .collect();
    let mut ids = Vec::new();
    for asked in asked {
        ids.push(asked.await.unwrap());
    }
    ids.dedup();
    let [second] = ids.as_slice() else { panic!("one new job, not {ids:?}") };
    assert_ne!(*second, first);

    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(second).await.unwrap(), "a", "it has the same arguments");
    for id in [&first, second] {
        let holder = jobs.again(id).await.unwrap();
        assert_eq!(holder.as_ref(), Some(second), "what has completed is not run again");
    }
    assert_eq!(jobs.again("nobody").await.unwrap(), None);
    assert_eq!(jobs.list(&JobFilter::new()).await.unwrap().len(), 2);
}

async fn a_sub_job_that_is_run_again_keeps_its_parent(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(2);
    gates.tell("p-first", "fail");
    let parent = database.parent("p");
    let child = until_child(&jobs, "p", "first").await;
    until_state(&jobs, &child.id, JobState::Failed).await;
    parent.ended().await;
    gates.tell("p-first", "done");
    let again = jobs.again(&child.id).await.unwrap().unwrap();
    let again = until_state(&jobs, &again, JobState::Completed).await;
    assert_eq!((&again.parent, &again.step), (&child.parent, &child.step));

    // The next run with the same id takes its result.
    gates.tell("p-second", "done");
    gates.tell("p-third", "done");
    database.parent("p").ended().await;
    let effects = lines(&database.path(), "effects");
    assert_eq!(effects.iter().filter(|line| *line == "end p-first").count(), 1, "{effects:?}");
    assert!(effects.iter().any(|line| line.starts_with("result Ok")), "{effects:?}");
}

async fn a_watch_sees_what_another_process_does(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let id = jobs.start(GATE, &"w".to_owned(), "w").await.unwrap();
    let mut watch = jobs.watch(&id);
    assert_eq!(watch.next().await.unwrap().state, JobState::Queued);
    gates.tell("w", "0.5");
    let _worker = database.worker(1);
    let mut revision = 0;
    let half = loop {
        let job = watch.next().await.unwrap();
        assert!(job.revision() >= revision);
        revision = job.revision();
        if job.progress == 5_000 {
            break job;
        }
    };
    assert_eq!((half.state, half.attempt), (JobState::Running, 1));
    // A second watch begins with the present state as well.
    assert_eq!(jobs.watch(&id).next().await.unwrap().progress, 5_000);
    gates.tell("w", "done");
    while watch.next().await.unwrap().state != JobState::Completed {}

    let unknown = jobs.watch("nobody").next().await.unwrap_err();
    assert!(matches!(unknown, JobsError::Unknown { .. }), "{unknown:?}");
    jobs.purge(Duration::ZERO).await.unwrap();
    let removed = watch.next().await.unwrap_err();
    assert!(matches!(removed, JobsError::Unknown { .. }), "{removed:?}");
}

async fn changes_are_told_whoever_makes_them(database: Database) {
    let (here, there) = (database.connect().await, database.connect().await);
    let known = async |id: &str| here.list(&JobFilter::new()).await.unwrap()[0].id == id;
    let mut changes = here.changes();
    for (number, jobs) in [&here, &there, &here].into_iter().enumerate() {
        let id = jobs.start(EMPTY, &1, number).await.unwrap();
        loop {
            assert!(changes.next().await);
            if known(&id).await {
                break;
            }
        }
    }
}

async fn a_list_goes_on_where_its_page_ends(database: Database) {
    let jobs = database.connect().await;
    let mut started = Vec::new();
    for number in 0..5 {
        started.insert(0, jobs.start(EMPTY, &number, number).await.unwrap());
    }
    started.sort_by(|a, b| b.cmp(a));
    let mut seen: Vec<String> = Vec::new();
    for expected in [2, 2, 1, 0] {
        let mut filter = JobFilter::new().kind("empty").limit(2);
        if let Some(last) = seen.last() {
            filter = filter.before(last);
        }
        let page = jobs.list(&filter).await.unwrap();
        assert_eq!(page.len(), expected);
        seen.extend(page.into_iter().map(|job| job.id));
    }
    assert_eq!(seen, started);
}

async fn a_change_is_seen_while_all_blocking_threads_work(database: Database) {
    let other = database.connect().await;
    let seen = std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.max_blocking_threads(1).enable_all().build().unwrap();
        let (done, working) = std::sync::mpsc::channel::<()>();
        runtime.spawn_blocking(move || working.recv());
        let seen = runtime.block_on(async {
            let jobs = database.connect_without_fallback().await;
            let id = other.start(UNKNOWN, &(), 1).await.unwrap();
            let mut watch = jobs.watch(&id);
            assert_eq!(watch.next().await.unwrap().state, JobState::Queued);
            other.cancel(&id).await.unwrap();
            tokio::time::timeout(PATIENCE, watch.next()).await.map(|job| job.unwrap().state)
        });
        drop(done);
        seen
    });
    let seen = tokio::task::spawn_blocking(|| seen.join().unwrap()).await.unwrap();
    assert_eq!(seen, Ok(JobState::Cancelled));
}

crate::on_both!(
    a_job_that_ended_badly_is_run_again_once,
    a_sub_job_that_is_run_again_keeps_its_parent,
    a_watch_sees_what_another_process_does,
    a_change_is_seen_while_all_blocking_threads_work,
    changes_are_told_whoever_makes_them,
    a_list_goes_on_where_its_page_ends,
);
