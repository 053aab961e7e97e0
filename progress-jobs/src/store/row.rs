//! A row as a job. Another version or a hand may have written it: what cannot be read is as if it
//! was not there.

use sqlx::{ColumnIndex, Decode, Row, Type};

use crate::state::{Job, JobState, time};

pub(super) fn text<'r, R>(row: &'r R, column: &'static str) -> Option<String>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get::<Option<String>, _>(column).ok().flatten()
}

pub(super) fn integer<'r, R>(row: &'r R, column: &'static str) -> Option<i64>
where
    R: Row,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get::<Option<i64>, _>(column).ok().flatten()
}

pub(super) fn job<'r, R>(row: &'r R) -> Job
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let number = |column| integer(row, column).unwrap_or(0);
    let count = |column| u32::try_from(number(column).max(0)).unwrap_or(u32::MAX);
    Job {
        id: text(row, "id").unwrap_or_default(),
        kind: text(row, "kind").unwrap_or_default(),
        version: count("version"),
        parent: text(row, "parent").unwrap_or_default(),
        step: text(row, "step").unwrap_or_default(),
        state: JobState::parse(text(row, "state").as_deref().unwrap_or_default()),
        attempt: count("attempt"),
        deaths: count("deaths"),
        progress: u16::try_from(number("shown").clamp(0, 10_000)).unwrap_or(0),
        message: text(row, "message"),
        error: text(row, "error"),
        worker: text(row, "worker"),
        created: time(number("created_at")),
        started: integer(row, "started_at").map(time),
        ended: integer(row, "ended_at").map(time),
        snapshot: text(row, "snapshot"),
        result: text(row, "result"),
        attempts: number("max_deaths"),
        seq: number("seq"),
    }
}
