//! Durable workflows whose journal is in the database: as jobs, and as runs.

use std::time::Duration;

use progress_jobs::{JobState, Jobs};
use progress_runtime::{Journal, JournalError, Progress, Run, workflow};

use crate::support::*;

const LINES: &str = "SELECT count(*) FROM progress_journal_lines";
const RUNS: &str = "SELECT count(*) FROM progress_journals";

/// Waits until a side effect was noted so often.
async fn until_noted(database: &Database, line: &str, times: usize) {
    let noted = async || (count(&database.path(), "effects", line) >= times).then_some(());
    eventually(&format!("{line:?}, {times} times"), noted).await;
}

fn noted(database: &Database, line: &str) -> usize {
    count(&database.path(), "effects", line)
}

/// All numbers of a job's row, in their order, until it ends.
async fn numbers(jobs: Jobs, id: String) -> Vec<u16> {
    let mut watch = jobs.watch(&id);
    let mut seen = Vec::new();
    loop {
        let job = watch.next().await.unwrap();
        seen.push(job.progress);
        if job.state.is_terminal() {
            return seen;
        }
    }
}

async fn a_durable_job_goes_on_where_its_killed_worker_was(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(4);
    gates.tell("v-stop-2", "0.5");
    let id = jobs.start(VOYAGE, &"v".to_owned(), "v").await.unwrap();
    let numbers = tokio::spawn(numbers(jobs.clone(), id.clone()));
    until_noted(&database, "begin v-stop-2", 1).await;
    first.kill();

    let second = database.worker(4);
    until_noted(&database, "begin v-stop-2", 2).await;
    gates.tell("v-fuel", "0.5");
    gates.tell("v-stop-2", "done");
    // Its row says that it runs a little before its code does.
    until_noted(&database, "begin v-fuel", 1).await;
    second.kill();

    let _third = database.worker(4);
    until_noted(&database, "begin v-fuel", 2).await;
    gates.tell("v-fuel", "done");
    assert_eq!(jobs.wait::<String>(&id).await.unwrap(), "v-cast-off v-fuel v-moor");
    for done_once in ["cast-off", "stop-0", "stop-1", "stop-3", "moor"] {
        assert_eq!(noted(&database, &format!("begin v-{done_once}")), 1, "{done_once}");
    }
    assert_eq!(noted(&database, "begin v-stop-2"), 2, "the one at work began again");
    let children = jobs.children(&id).await.unwrap();
    assert_eq!(children.len(), 1, "the sub-job was found by its key");
    let job = jobs.get(&id).await.unwrap().unwrap();
    assert_eq!((job.attempt, job.deaths, job.progress), (3, 2, 10_000));
    let numbers = numbers.await.unwrap();
    assert!(numbers.is_sorted(), "the number fell: {numbers:?}");
    assert_eq!(database.number(LINES).await, 0, "a journal goes with the end of its job");
}

async fn no_item_that_was_recorded_runs_again_whenever_the_worker_dies(database: Database) {
    const ITEMS: u32 = 40;
    const KILLS: usize = 8;
    let (jobs, _) = (database.connect().await, database.gates());
    let id = jobs.start(FERRY, &ITEMS, "f").await.unwrap();
    let numbers = tokio::spawn(numbers(jobs.clone(), id.clone()));
    let mut kills = 0;
    let mut worker = database.worker(4);
    for kill in 0..KILLS {
        // Each kill comes where some more items were carried, and at another moment of an item.
        let least = lines(&database.path(), "effects").len() + 2 + kill % 3;
        let far = eventually("items", async || {
            let carried = lines(&database.path(), "effects").len();
            let ended = jobs.get(&id).await.ok()??.state.is_terminal();
            (carried >= least || ended).then_some(ended)
        })
        .await;
        if far {
            break;
        }
        tokio::time::sleep(Duration::from_millis(kill as u64 * 3)).await;
        worker.kill();
        kills += 1;
        worker = database.worker(4);
    }
    assert_eq!(jobs.wait::<u32>(&id).await.unwrap(), ITEMS);
    drop(worker);
    let carried = lines(&database.path(), "effects");
    for item in 0..ITEMS {
        for from in ["one", "many"] {
            let line = format!("{from} {item}");
            assert!(carried.contains(&line), "{line} was lost");
        }
    }
    // At most those at work at a kill were carried and not recorded: four at once.
    let again = carried.len() - 2 * ITEMS as usize;
    assert!(again <= 4 * kills, "{again} items ran again after {kills} kills");
    let numbers = numbers.await.unwrap();
    assert!(numbers.is_sorted(), "the number fell: {numbers:?}");
}

async fn an_attempt_that_was_taken_for_dead_records_nothing(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    gates.tell("v-stop-1", "0.5");
    let worker = worker(&jobs, &gates).concurrency(1).run(std::future::pending());
    let worker = tokio::spawn(worker);
    let id = jobs.start(VOYAGE, &"v".to_owned(), "v").await.unwrap();
    until_noted(&database, "begin v-stop-1", 1).await;
    // As another worker does that takes the job.
    let taken = "UPDATE progress_jobs SET attempt = attempt + 1, worker = 'another' WHERE id =";
    database.execute(&format!("{taken} '{id}'")).await.unwrap();
    let steps = format!("{LINES} WHERE line > 0");
    let before = database.number(&steps).await;
    gates.tell("v-stop-1", "done");
    // The worker has one slot: this job begins when the attempt has ended.
    let next = jobs.start(EMPTY, &1, 1).await.unwrap();
    jobs.wait::<u32>(&next).await.unwrap();
    assert_eq!(database.number(&steps).await, before);
    assert_eq!(noted(&database, "begin v-stop-2"), 0, "it went on without its record");
    assert_eq!(jobs.get(&id).await.unwrap().unwrap().state, JobState::Running);
    worker.abort();
}

async fn a_job_that_failed_goes_on_when_it_is_run_again(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    gates.tell("v-stop-3", "fail");
    let id = jobs.start(VOYAGE, &"v".to_owned(), "v").await.unwrap();
    assert_eq!(jobs.wait::<String>(&id).await.unwrap_err().to_string(), "v-stop-3 failed");
    let failed = jobs.get(&id).await.unwrap().unwrap();
    gates.tell("v-stop-3", "0.5");
    let again = jobs.again(&id).await.unwrap().unwrap();
    until_noted(&database, "begin v-stop-3", 2).await;
    let job = eventually("number of before", async || {
        jobs.get(&again).await.unwrap().filter(|job| job.progress >= failed.progress)
    })
    .await;
    assert_eq!(job.attempt, 1);
    gates.tell("v-stop-3", "done");
    gates.tell("v-fuel", "done");
    assert_eq!(jobs.wait::<String>(&again).await.unwrap(), "v-cast-off v-fuel v-moor");
    assert_eq!(noted(&database, "begin v-cast-off"), 1);
    assert_eq!(noted(&database, "begin v-stop-0"), 1);
    worker.abort();
}

async fn a_run_that_is_no_job_goes_on_in_another_process(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let _worker = database.worker(1);
    gates.tell("r-stop-2", "0.5");
    gates.tell("r-fuel", "done");
    let voyage = || Process::start("voyage", &database.url, &database.path(), "r");
    let first = voyage();
    until_noted(&database, "begin r-stop-2", 1).await;
    first.kill();
    let second = voyage();
    until_noted(&database, "begin r-stop-2", 2).await;
    let locked = Run::builder("Voyage").journal(jobs.journal("r")).start().await.unwrap_err();
    assert!(
        matches!(&locked, JournalError::Locked { journal, holder: Some(_) } if journal == "r"),
        "{locked}"
    );
    gates.tell("r-stop-2", "done");
    assert!(second.ended().await.success());
    assert_eq!(noted(&database, "result Ok(\"r-cast-off r-fuel r-moor\")"), 1);
    for done_once in ["cast-off", "stop-0", "stop-1", "stop-3", "moor"] {
        assert_eq!(noted(&database, &format!("begin r-{done_once}")), 1, "{done_once}");
    }
    let shown: Vec<f64> =
        lines(&database.path(), "shown").iter().map(|line| line.parse().unwrap()).collect();
    assert!(shown.is_sorted(), "the number fell: {shown:?}");
    assert_eq!(database.number(LINES).await, 0, "a journal is closed when its run completes");
}

async fn a_clock_that_was_set_back_keeps_no_dead_run_alive(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    gates.tell("r-stop-0", "0.5");
    let voyage = || Process::start("voyage", &database.url, &database.path(), "r");
    let first = voyage();
    until_noted(&database, "begin r-stop-0", 1).await;
    first.kill();
    let seen_later = "UPDATE progress_journals SET seen_at = seen_at + 3600000";
    assert_eq!(database.execute(seen_later).await.unwrap(), 1);
    let second = voyage();
    until_noted(&database, "begin r-stop-0", 2).await;
    let locked = Run::builder("Voyage").journal(jobs.journal("r")).start().await;
    assert!(matches!(locked, Err(JournalError::Locked { .. })));
    second.kill();
}

async fn a_run_that_failed_goes_on_and_one_that_completed_begins_anew(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let sail = async || {
        let builder = Run::builder("Voyage").id("r").journal(jobs.journal("r"));
        let (run, progress) = builder.start().await.unwrap();
        let result = voyage(&jobs, &gates, "r", progress).await;
        (result.map_err(|error| error.to_string()), run.ended().await)
    };
    gates.tell("r-fuel", "done");
    gates.tell("r-stop-1", "fail");
    assert_eq!(sail().await.0.unwrap_err(), "r-stop-1 failed");
    gates.tell("r-stop-1", "done");
    let (result, report) = sail().await;
    assert_eq!(result.unwrap(), "r-cast-off r-fuel r-moor");
    let resumed = report.resumed.as_ref().unwrap();
    assert_eq!((resumed.times, resumed.not_repeated_count), (1, 2));
    let (result, report) = sail().await;
    assert_eq!(result.unwrap(), "r-cast-off r-fuel r-moor");
    assert!(report.resumed.is_none());
    assert_eq!(noted(&database, "begin r-cast-off"), 2);
    worker.abort();
}

async fn a_purge_removes_the_journals_of_what_it_removes(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    for (name, order) in [("v-stop-1", "fail"), ("r-stop-1", "fail"), ("w-stop-1", "0.5")] {
        gates.tell(name, order);
    }
    let id = jobs.start(VOYAGE, &"v".to_owned(), "v").await.unwrap();
    jobs.wait::<String>(&id).await.unwrap_err();
    let live = jobs.start(VOYAGE, &"w".to_owned(), "w").await.unwrap();
    until_noted(&database, "begin w-stop-1", 1).await;
    let builder = Run::builder("Voyage").journal(jobs.journal("r"));
    let (_run, progress) = builder.start().await.unwrap();
    voyage(&jobs, &gates, "r", progress).await.unwrap_err();
    // A mark may still come.
    let records = format!("{LINES} WHERE line > 0");
    let before = database.number(&records).await;
    assert_eq!(jobs.purge(Duration::from_secs(3_600)).await.unwrap(), 0);
    assert_eq!(database.number(&records).await, before, "nothing is as old as that");
    database.execute("UPDATE progress_journals SET seen_at = 1").await.unwrap();
    assert_eq!(jobs.purge(Duration::ZERO).await.unwrap(), 1);
    let of_live = format!("{records} AND journal = '{live}'");
    assert_eq!(database.number(&records).await, database.number(&of_live).await);
    assert!(database.number(&of_live).await > 0, "the journal of a job at work stays");
    assert_eq!(database.number(RUNS).await, 0);
    worker.abort();
}

workflow!(
    #[durable]
    async fn first_version(fails: bool, progress: Progress) -> Result<String, VoyageError> {
        #[step(1, "Loading")]
        let loaded = load(progress).await;
        #[step(1, "Checking")]
        check(fails, progress).await?;
        Ok(loaded)
    }
);

workflow!(
    #[durable]
    async fn second_version(progress: Progress) -> Result<String, VoyageError> {
        #[step(1, "Loading")]
        let loaded = load(progress).await;
        #[step(1, "Verifying")]
        check(false, progress).await?;
        Ok(loaded)
    }
);

async fn load(_: Progress) -> String {
    "loaded".repeat(100)
}

async fn check(fails: bool, _: Progress) -> Result<(), VoyageError> {
    if fails { Err("it fails".into()) } else { Ok(()) }
}

/// The error of the journal in that of a workflow.
fn journal_error(result: Result<String, VoyageError>) -> JournalError {
    *result.unwrap_err().downcast().expect("it is a `JournalError`")
}

async fn what_a_file_refuses_is_refused_here_in_the_same_way(database: Database) {
    let jobs = database.connect().await;
    let start = async |journal: Journal| {
        let (_run, progress) = Run::builder("Check").journal(journal).start().await.unwrap();
        progress
    };
    let progress = start(jobs.journal("large").max_record(100)).await;
    let error = journal_error(first_version(false, progress).await);
    assert!(matches!(error, JournalError::TooLarge { limit: 100, .. }), "{error}");

    let progress = start(jobs.journal("a")).await;
    assert_eq!(first_version(true, progress).await.unwrap_err().to_string(), "it fails");
    let progress = start(jobs.journal("a")).await;
    let error = journal_error(second_version(progress).await);
    assert!(matches!(error, JournalError::ChangedPlan { .. }), "{error}");
    let sql = "UPDATE progress_journal_lines SET text = replace(text, '\"value\":\"', '\"value\":[\"') \
               WHERE journal = 'run:a'";
    database.execute(sql).await.unwrap();
    let builder = Run::builder("Check").journal(jobs.journal("a"));
    let damaged = builder.start().await.unwrap_err();
    assert!(matches!(damaged, JournalError::Damaged { line: 2.., .. }), "{damaged}");
    let sql = "UPDATE progress_journal_lines SET text = replace(text, '\"value\":[\"', '\"value\":7,\"x\":\"') \
               WHERE journal = 'run:a'";
    database.execute(sql).await.unwrap();
    let progress = start(jobs.journal("a")).await;
    let error = journal_error(first_version(false, progress).await);
    assert!(matches!(error, JournalError::ChangedValue { .. }), "{error}");
    let progress = start(jobs.journal("a").begin_anew()).await;
    first_version(false, progress).await.unwrap();
}

async fn a_job_whose_journal_cannot_be_read_fails_and_says_so(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let first = database.worker(1);
    gates.tell("v-stop-1", "0.5");
    let id = jobs.start(VOYAGE, &"v".to_owned(), "v").await.unwrap();
    until_noted(&database, "begin v-stop-1", 1).await;
    first.kill();
    let sql = format!(
        "UPDATE progress_journal_lines SET text = '{{\"step\":7}}' \
         WHERE journal = '{id}' AND line = 2"
    );
    database.execute(&sql).await.unwrap();
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    let error = jobs.wait::<String>(&id).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("the journal of job {id} is damaged in line")), "{error}");
    worker.abort();
}

async fn a_job_that_is_not_durable_has_no_journal(database: Database) {
    let (jobs, gates) = (database.connect().await, database.gates());
    let worker = tokio::spawn(worker(&jobs, &gates).run(std::future::pending()));
    gates.tell("a", "0.5");
    let id = jobs.start(GATE, &"a".to_owned(), "a").await.unwrap();
    eventually("half", async || jobs.get(&id).await.unwrap().filter(|job| job.progress == 5_000))
        .await;
    assert_eq!(database.number(LINES).await, 0);
    gates.tell("a", "done");
    jobs.wait::<String>(&id).await.unwrap();
    worker.abort();
}

crate::on_both!(
    a_clock_that_was_set_back_keeps_no_dead_run_alive,
    a_durable_job_goes_on_where_its_killed_worker_was,
    no_item_that_was_recorded_runs_again_whenever_the_worker_dies,
    an_attempt_that_was_taken_for_dead_records_nothing,
    a_job_that_failed_goes_on_when_it_is_run_again,
    a_run_that_is_no_job_goes_on_in_another_process,
    a_run_that_failed_goes_on_and_one_that_completed_begins_anew,
    a_purge_removes_the_journals_of_what_it_removes,
    what_a_file_refuses_is_refused_here_in_the_same_way,
    a_job_whose_journal_cannot_be_read_fails_and_says_so,
    a_job_that_is_not_durable_has_no_journal,
);
