//! The errors that a run has survived or ended with, and the jobs that it has followed.

use std::collections::HashMap;
use std::mem;
use std::sync::Mutex;
use std::time::Duration;

use crate::RunStatus;
use crate::path::{Location, StepPath};
use crate::report::{ErrorRecord, JobRecord};
use crate::sync::lock;
use crate::text::{self, MAX_MESSAGE};

/// The most errors, and the most jobs, that a report lists. All are counted.
const MAX_RECORDS: usize = 1_000;

/// What the report says beside the last state. It is closed by the end of the run: records that
/// come later change nothing, so the report can be made whenever somebody asks for it.
#[derive(Default)]
pub(super) struct Log(Mutex<Records>);

#[derive(Default)]
struct Records {
    errors: Vec<ErrorRecord>,
    error_count: u32,
    /// The latest error past the bound.
    unlisted: Option<ErrorRecord>,
    /// Most runs follow none.
    jobs: Option<Box<Jobs>>,
    closed: bool,
}

#[derive(Default)]
struct Jobs {
    records: Vec<JobRecord>,
    count: u64,
    /// Where each job stands in `records`, by kind and id.
    known: HashMap<(String, String), usize>,
}

/// A job in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JobKey(Option<usize>);

impl Log {
    /// How many errors there were.
    pub(super) fn error_count(&self) -> u32 {
        lock(&self.0).error_count
    }

    /// Counts errors that an earlier process of the run has survived.
    #[cfg(feature = "journal")]
    pub(super) fn count_earlier(&self, errors: u32) {
        let mut log = lock(&self.0);
        log.error_count = log.error_count.saturating_add(errors);
    }

    /// Records an error that the run has survived. Returns `false` if the run has ended.
    pub(super) fn record_error(&self, location: Location, text: &str) -> bool {
        let record = error_record(location, text);
        let mut log = lock(&self.0);
        if !log.closed {
            log.add(record);
        }
        !log.closed
    }

    /// Records that a job is followed. A job that is followed again keeps its record.
    pub(super) fn job_started(&self, job: JobRecord) -> JobKey {
        let mut log = lock(&self.0);
        if log.closed {
            return JobKey(None);
        }
        log.jobs.get_or_insert_default().start(job)
    }

    /// Records how a job ended, and how long it was followed.
    pub(super) fn job_ended(
        &self,
        job: JobKey,
        status: RunStatus,
        error: Option<String>,
        duration: Duration,
    ) {
        let mut log = lock(&self.0);
        if log.closed {
            return;
        }
        if let (Some(jobs), Some(index)) = (&mut log.jobs, job.0)
            && let Some(record) = jobs.records.get_mut(index)
        {
            (record.status, record.error, record.duration) = (status, error, duration);
        }
    }

    /// Closes the log, if `end` ends the run: it gets the number of errors so far, and returns the
    /// error that the run failed with, if any. That error is the last of the report, also past the
    /// bound.
    pub(super) fn close<'a>(
        &self,
        end: impl FnOnce(u32) -> Option<Option<(Location, &'a str)>>,
    ) -> bool {
        let mut log = lock(&self.0);
        let Some(failure) = end(log.error_count) else { return false };
        log.closed = true;
        if let Some((location, text)) = failure {
            log.fail(error_record(location, text));
        }
        true
    }

    /// Takes out what the report lists: the errors, the jobs, and how many jobs there were.
    pub(super) fn take(&self) -> (Vec<ErrorRecord>, Vec<JobRecord>, u64) {
        let mut log = lock(&self.0);
        let jobs = log.jobs.take().unwrap_or_default();
        (mem::take(&mut log.errors), jobs.records, jobs.count)
    }
}

impl Jobs {
    fn start(&mut self, job: JobRecord) -> JobKey {
        let key = (job.kind.clone(), job.id.clone());
        let known = self.known.get(&key).copied();
        if let Some(record) = known.and_then(|index| self.records.get_mut(index)) {
            record.status = RunStatus::Running;
            return JobKey(known);
        }
        self.count += 1;
        if self.records.len() == MAX_RECORDS {
            return JobKey(None);
        }
        let index = self.records.len();
        self.known.insert(key, index);
        self.records.push(job);
        JobKey(Some(index))
    }
}

impl Records {
    fn add(&mut self, record: ErrorRecord) {
        self.error_count = self.error_count.saturating_add(1);
        match self.errors.len() < MAX_RECORDS {
            true => self.errors.push(record),
            false => self.unlisted = Some(record),
        }
    }

    /// Makes the failure of the run the last error. If the same error was recorded where it came
    /// up, and has passed through to the end, that record becomes the last one.
    fn fail(&mut self, failure: ErrorRecord) {
        let origin = self.unlisted.take().filter(|record| is_origin(record, &failure));
        let origin = origin.or_else(|| {
            let index = self.errors.iter().rposition(|record| is_origin(record, &failure))?;
            Some(self.errors.remove(index))
        });
        if origin.is_none() {
            self.error_count = self.error_count.saturating_add(1);
        }
        self.errors.push(origin.unwrap_or(failure));
    }
}

/// Whether a record is about the same error as a failure that came later: it has the same text, and
/// stands in the step that has failed or somewhere inside it. Another step with that text has
/// another error.
fn is_origin(record: &ErrorRecord, failure: &ErrorRecord) -> bool {
    let [record_path, failed_path] = [record, failure].map(|error| StepPath::from(&*error.step));
    record.text == failure.text
        && (record_path == failed_path || record_path.is_inside(&failed_path))
}

fn error_record(location: Location, text: &str) -> ErrorRecord {
    let Location { path, titles } = location;
    let text = text::clean(text, MAX_MESSAGE).into();
    ErrorRecord { step: path.into(), title: titles, text }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{JobKey, Log, MAX_RECORDS};
    use crate::RunStatus;
    use crate::path::Location;
    use crate::report::JobRecord;

    fn at(step: &str) -> Location {
        Location::root().join(step, step)
    }

    fn close(log: &Log, failure: Option<&str>) -> bool {
        log.close(|_| Some(failure.map(|text| (Location::root(), text))))
    }

    fn start(log: &Log, kind: &str, id: &str) -> JobKey {
        log.job_started(JobRecord {
            id: id.to_owned(),
            kind: kind.to_owned(),
            step: String::new(),
            status: RunStatus::Running,
            error: None,
            duration: Duration::ZERO,
        })
    }

    fn errors(log: &Log) -> Vec<(String, String)> {
        log.take().0.into_iter().map(|error| (error.step, error.text)).collect()
    }

    #[test]
    fn errors_past_the_bound_are_counted() {
        let log = Log::default();
        for number in 0..MAX_RECORDS + 5 {
            assert!(log.record_error(Location::root(), &number.to_string()));
        }
        assert_eq!(log.error_count(), 1_005);
        let errors = errors(&log);
        assert_eq!((errors.len(), errors[999].1.as_str()), (MAX_RECORDS, "999"));
    }

    #[test]
    fn the_failure_is_the_last_error_also_past_the_bound() {
        for failure in ["disk full", "1004"] {
            let log = Log::default();
            for number in 0..MAX_RECORDS + 5 {
                log.record_error(at("load"), &number.to_string());
            }
            assert!(close(&log, Some(failure)));
            assert_eq!(log.error_count(), if failure == "disk full" { 1_006 } else { 1_005 });
            let errors = errors(&log);
            assert_eq!(errors.len(), MAX_RECORDS + 1);
            assert_eq!(errors.last().unwrap().1, failure);
        }
    }

    #[test]
    fn an_error_that_passes_through_to_the_end_is_one() {
        let log = Log::default();
        log.record_error(at("load"), "disk full");
        close(&log, Some("disk full"));
        assert_eq!(log.error_count(), 1);
        assert_eq!(errors(&log), [("load".to_owned(), "disk full".to_owned())]);
    }

    #[test]
    fn one_text_in_two_steps_is_two_errors() {
        let log = Log::default();
        log.record_error(at("first"), "connection reset");
        assert!(log.close(|_| Some(Some((at("second"), "connection reset")))));
        assert_eq!(log.error_count(), 2);
        let steps: Vec<_> = errors(&log).into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, ["first", "second"]);
    }

    #[test]
    fn an_error_that_ends_the_run_late_is_the_last() {
        let log = Log::default();
        log.record_error(at("load"), "disk full");
        log.record_error(at("check"), "3 files differ");
        close(&log, Some("disk full"));
        assert_eq!(log.error_count(), 2);
        let texts: Vec<_> = errors(&log).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["3 files differ", "disk full"]);
    }

    #[test]
    fn a_failure_without_a_text_is_an_error_too() {
        let log = Log::default();
        close(&log, Some(""));
        assert_eq!(log.error_count(), 1);
    }

    #[test]
    fn nothing_is_recorded_after_the_end() {
        let log = Log::default();
        let job = start(&log, "import", "7");
        assert!(!log.close(|_| None), "another thread has ended the run");
        assert!(close(&log, None));
        assert!(!log.record_error(Location::root(), "late"));
        start(&log, "import", "8");
        log.job_ended(job, RunStatus::Completed, None, Duration::ZERO);
        let (errors, jobs, count) = log.take();
        assert_eq!((errors.len(), jobs.len(), count), (0, 1, 1));
        assert_eq!(jobs[0].status, RunStatus::Running);
    }

    #[test]
    fn jobs_of_one_id_and_two_kinds_are_two() {
        let log = Log::default();
        let import = start(&log, "import", "7");
        let export = start(&log, "export", "7");
        log.job_ended(import, RunStatus::Failed, Some("gone".into()), Duration::from_secs(1));
        log.job_ended(export, RunStatus::Completed, None, Duration::from_secs(2));
        let (_, jobs, count) = log.take();
        let seen: Vec<_> = jobs.iter().map(|job| (job.kind.as_str(), job.status)).collect();
        assert_eq!(seen, [("import", RunStatus::Failed), ("export", RunStatus::Completed)]);
        assert_eq!((count, jobs[0].error.as_deref()), (2, Some("gone")));
    }

    #[test]
    fn a_job_that_is_followed_again_keeps_its_record() {
        let log = Log::default();
        let first = start(&log, "import", "7");
        log.job_ended(first, RunStatus::Failed, Some("gone".into()), Duration::ZERO);
        let second = start(&log, "import", "7");
        log.job_ended(second, RunStatus::Completed, None, Duration::ZERO);
        let (_, jobs, count) = log.take();
        assert_eq!((jobs.len(), count), (1, 1));
        assert_eq!((jobs[0].status, &jobs[0].error), (RunStatus::Completed, &None));
    }

    #[test]
    fn jobs_past_the_bound_are_counted() {
        let log = Log::default();
        for number in 0..MAX_RECORDS + 5 {
            let job = start(&log, "import", &number.to_string());
            log.job_ended(job, RunStatus::Completed, None, Duration::ZERO);
        }
        let (_, jobs, count) = log.take();
        assert_eq!((jobs.len(), count), (MAX_RECORDS, 1_005));
    }
}
