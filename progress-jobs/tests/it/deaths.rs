//! Workers that are killed, stopped, or asked to end.

use std::time::Duration;

use progress_jobs::{JobState, Jobs};

use crate::support::*;

/// What a row showed, as often as it could be read.
async fn record(jobs: Jobs, id: String) -> Vec<u16> {
    let mut seen = Vec::new();
    loop {
        if let Ok(Some(job)) = jobs.get(&id).await {
            seen.push(job.progress);
            if job.state.is_terminal() {
                return seen;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn a_job_whose_worker_is_killed_goes_on_elsewhere(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    gates.tell("a", "0.5");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    let recorded = tokio::spawn(record(jobs.clone(), id.clone()));
    eventually("half", async || jobs.get(&id).await.unwrap().filter(|job| job.progress == 5_000))
        .await;
    let second = database.worker(1);
    first.kill();
    let again = eventually("second attempt", async || {
        jobs.get(&id).await.unwrap().filter(|job| job.attempt == 2)
    })
    .await;
    assert_eq!((again.deaths, again.state), (1, JobState::Running));
    assert!(again.progress >= 5_000);
    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "a");
    let ended = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.attempt, ended.progress), (JobState::Completed, 2, 10_000));
    let recorded = recorded.await.unwrap();
    assert!(recorded.is_sorted(), "the number fell: {recorded:?}");
    assert_eq!(count(&database.path(), "effects", "end a"), 1);
    drop(second);
}

async fn a_clock_that_was_set_back_keeps_no_dead_worker_alive(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    gates.tell("a", "0.5");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    until_state(&jobs, &id, JobState::Running).await;
    first.kill();
    let seen_later = match database.server.is_some() {
        true => "UPDATE apalis.workers SET last_seen = last_seen + interval '1 hour'",
        false => "UPDATE Workers SET last_seen = last_seen + 3600",
    };
    assert_eq!(database.execute(seen_later).await.unwrap(), 1);
    let _second = database.worker(1);
    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "a");
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().attempt, 2);
}

async fn a_worker_that_was_stopped_too_long_writes_nothing_more(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    gates.tell("a", "0.25");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    let job = eventually("quarter", async || {
        jobs.get(&id).await.unwrap().filter(|job| job.progress == 2_500)
    })
    .await;
    let stopped = job.worker.unwrap();
    database.stop(&first).await;
    let _second = database.worker(1);
    let job = eventually("second attempt", async || {
        jobs.get(&id).await.unwrap().filter(|job| job.attempt == 2)
    })
    .await;
    assert_ne!(job.worker.as_deref(), Some(stopped.as_str()));
    gates.tell("a", "0.5");
    first.signal("CONT");
    // The first worker is alive again, and no longer works on the job.
    let alive = format!(
        "SELECT count(*) FROM {} WHERE lock_by = '{stopped}' AND status = 'Queued'",
        database.knocks()
    );
    assert_eq!(database.number(&alive).await, 0);
    eventually("progress of the second", async || {
        jobs.get(&id).await.unwrap().filter(|job| job.progress > 5_000)
    })
    .await;
    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "a");
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.attempt, job.deaths), (2, 1));
    // The worker takes other jobs: two slots, two jobs at once.
    gates.tell("b", "0.1");
    gates.tell("c", "0.1");
    let b = jobs.start(GATE, &"b".to_owned(), "b").await.unwrap();
    let c = jobs.start(GATE, &"c".to_owned(), "c").await.unwrap();
    until_state(&jobs, &b, JobState::Running).await;
    until_state(&jobs, &c, JobState::Running).await;
}

async fn a_worker_that_is_asked_to_end_gives_its_jobs_back(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(2);
    let flow = jobs.start(FLOW, &"f".to_owned(), "f").await.unwrap();
    // The sub-job runs elsewhere, and knows nothing of the end of its parent's worker.
    gates.tell("f-first", "0.5");
    let child = until_child(&jobs, &flow, "first").await;
    until_state(&jobs, &child.id, JobState::Running).await;
    let parent = until_state(&jobs, &flow, JobState::Running).await;
    let second = database.worker(2);
    first.signal("TERM");
    let handed = eventually("other worker", async || {
        let job = jobs.get(&flow).await.unwrap();
        job.filter(|job| job.worker != parent.worker && job.state == JobState::Running)
    })
    .await;
    assert_eq!((handed.deaths, handed.attempt), (0, 2));
    assert!(first.ended().await.success());
    assert_eq!(count(&database.path(), "effects", "worker left"), 1);
    for part in ["first", "second", "third"] {
        gates.tell(&format!("f-{part}"), "done");
    }
    assert_eq!(jobs.wait::<String>(&flow).await.unwrap(), "f-first f-second f-third");
    let children = jobs.children(&flow).await.unwrap();
    assert_eq!(children.len(), 3);
    assert!(children.iter().all(|child| child.state == JobState::Completed && child.deaths == 0));
    assert_eq!(children[0].id, child.id);
    drop(second);
}

async fn a_worker_that_is_dropped_is_as_one_that_was_killed(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    gates.tell("a", "0.5");
    let dropped = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    until_state(&jobs, &id, JobState::Running).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    let other = database.worker(1);
    eventually("second attempt", async || {
        jobs.get(&id).await.unwrap().filter(|job| job.attempt == 2)
    })
    .await;
    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "a");
    // The first attempt did not see the gate open.
    assert_eq!(count(&database.path(), "effects", "end a"), 1);
    drop(other);
}

async fn a_job_that_kills_its_workers_is_given_up(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    gates.tell("a", "abort");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    let watch = async {
        loop {
            // Each worker dies with the job.
            let _ = database.worker(1).ended().await;
        }
    };
    let lost = tokio::select! {
        () = watch => unreachable!("the loop has no end"),
        lost = jobs.wait::<String>(&id) => lost.unwrap_err().to_string(),
    };
    assert!(lost.ends_with("3 of its workers died"), "{lost}");
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.state, job.deaths, job.attempt), (JobState::Lost, 3, 3));
}

/// As if others had taken the worker for dead, and no one had had a slot.
async fn a_knock_that_comes_back_to_its_worker_stays_with_it(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(2);
    gates.tell("a", "0.5");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    until_state(&jobs, &id, JobState::Running).await;
    let knocks = database.knocks();
    let status = async |status: &str| {
        database.number(&format!("SELECT count(*) FROM {knocks} WHERE status = '{status}'")).await
    };
    let again = format!("UPDATE {knocks} SET status = 'Pending', lock_by = NULL");
    assert_eq!(database.execute(&again).await.unwrap(), 1);
    // A second knock for the same job has no use.
    let second = ulid::Ulid::generate();
    let copy = format!(
        "INSERT INTO {knocks} (id, job_type, job, status, attempts, max_attempts, run_at, priority) \
         SELECT '{second}', job_type, job, 'Pending', 0, 25, run_at, 0 FROM {knocks}"
    );
    assert_eq!(database.execute(&copy).await.unwrap(), 1);
    eventually("both knocks", async || (status("Pending").await == 0).then_some(())).await;
    assert_eq!((status("Queued").await, status("Done").await), (1, 1));
    first.kill();
    let _second = database.worker(1);
    gates.tell("a", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "a");
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.attempt, job.deaths), (2, 1));
}

async fn a_job_that_uses_the_processor_for_long_is_begun_once(database: Database) {
    let (jobs, _first, _second) =
        (database.connect().await, database.worker(1), database.worker(1));
    let length = u64::try_from(DEAD_AFTER.as_millis()).unwrap() * 3;
    let id = jobs.start(SPIN, &length, "a").await.unwrap();
    jobs.wait::<()>(&id).await.unwrap();
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.attempt, job.deaths), (1, 0));
}

crate::on_both!(
    a_job_whose_worker_is_killed_goes_on_elsewhere,
    a_clock_that_was_set_back_keeps_no_dead_worker_alive,
    a_knock_that_comes_back_to_its_worker_stays_with_it,
    a_worker_that_was_stopped_too_long_writes_nothing_more,
    a_worker_that_is_asked_to_end_gives_its_jobs_back,
    a_job_that_kills_its_workers_is_given_up,
    a_worker_that_is_dropped_is_as_one_that_was_killed,
    a_job_that_uses_the_processor_for_long_is_begun_once,
);
