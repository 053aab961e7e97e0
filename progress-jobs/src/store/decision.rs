//! What the row of a job says to a worker that got its knock.

use std::time::Duration;

use crate::state::{Job, JobState};

/// What the row says to a worker that got its knock.
pub(super) enum Decision {
    Begin,
    /// Another worker that is alive has it.
    Elsewhere(String),
    /// It is at work here.
    Mine,
    Lost {
        deaths: i64,
    },
    Cancelled,
    /// It has ended.
    Nothing,
}

/// Decides what a knock means. `silence` is how long the worker that has the job has not been seen,
/// if it is known at all.
pub(super) fn decide(
    job: &Job,
    mine: bool,
    silence: Option<i64>,
    dead_after: Duration,
) -> Decision {
    let deaths = i64::from(job.deaths);
    let alive = silence
        .is_some_and(|silence| silence < i64::try_from(dead_after.as_secs()).unwrap_or(i64::MAX));
    match job.state {
        JobState::Queued if deaths >= job.attempts.max(1) => Decision::Lost { deaths },
        JobState::Queued => Decision::Begin,
        JobState::Running | JobState::Cancelling if mine => Decision::Mine,
        JobState::Running | JobState::Cancelling if alive => {
            job.worker.clone().map_or(Decision::Nothing, Decision::Elsewhere)
        }
        JobState::Running if deaths + 1 >= job.attempts.max(1) => {
            Decision::Lost { deaths: deaths + 1 }
        }
        JobState::Running => Decision::Begin,
        JobState::Cancelling => Decision::Cancelled,
        JobState::Completed
        | JobState::CompletedWithErrors
        | JobState::Failed
        | JobState::Cancelled
        | JobState::Lost
        | JobState::Other => Decision::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Decision, decide};
    use crate::state::{Job, JobState};

    /// What a knock means, for a job of three attempts whose worker has been silent so long.
    fn meaning(state: JobState, deaths: u32, mine: bool, silence: Option<i64>) -> String {
        let worker = Some("other".to_owned());
        let job = Job { state, deaths, worker, ..Job::queued("job") };
        match decide(&job, mine, silence, Duration::from_secs(6)) {
            Decision::Begin => "begin".to_owned(),
            Decision::Mine => "mine".to_owned(),
            Decision::Elsewhere(worker) => format!("with {worker}"),
            Decision::Lost { deaths } => format!("lost, {deaths} deaths"),
            Decision::Cancelled => "cancelled".to_owned(),
            Decision::Nothing => "nothing".to_owned(),
        }
    }

    #[test]
    fn a_job_begins_where_nobody_has_it() {
        assert_eq!(meaning(JobState::Queued, 0, false, None), "begin");
        assert_eq!(meaning(JobState::Queued, 2, false, Some(0)), "begin");
        assert_eq!(meaning(JobState::Queued, 3, false, None), "lost, 3 deaths");
    }

    #[test]
    fn a_job_at_work_begins_again_only_where_its_worker_is_dead() {
        assert_eq!(meaning(JobState::Running, 0, false, Some(5)), "with other");
        assert_eq!(meaning(JobState::Running, 0, false, Some(6)), "begin");
        assert_eq!(meaning(JobState::Running, 0, false, None), "begin");
        assert_eq!(meaning(JobState::Running, 2, false, None), "lost, 3 deaths");
        assert_eq!(meaning(JobState::Running, 0, true, Some(60)), "mine");
    }

    #[test]
    fn a_job_that_was_cancelled_ends_where_its_worker_is_dead() {
        assert_eq!(meaning(JobState::Cancelling, 0, false, Some(0)), "with other");
        assert_eq!(meaning(JobState::Cancelling, 0, false, None), "cancelled");
        assert_eq!(meaning(JobState::Cancelling, 0, true, None), "mine");
    }

    #[test]
    fn a_knock_after_the_end_means_nothing() {
        for state in [
            JobState::Completed,
            JobState::CompletedWithErrors,
            JobState::Failed,
            JobState::Cancelled,
            JobState::Lost,
            JobState::Other,
        ] {
            assert_eq!(meaning(state, 0, false, None), "nothing", "{state}");
        }
    }
}
