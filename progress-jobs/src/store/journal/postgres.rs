//! The lines of journals in Postgres.

use sqlx::{PgExecutor, Postgres, Transaction};

use super::queries::journal_queries;
use super::{Dead, Hold, Holder, LineBatch, Lines, OF_RUN};
use crate::journal::SILENCE;
use crate::store::postgres::PgStore;
use crate::store::{Result, plain};

type Tx = Transaction<'static, Postgres>;

/// Writes lines where the first statement finds that the journal is held. It is one statement, and
/// so one round trip. Without a sync, its commit does not wait for the disk.
macro_rules! put {
    ($held:literal) => {
        concat!(
            "WITH held AS MATERIALIZED (",
            $held,
            "), written AS (INSERT INTO progress_journal_lines (journal, line, text) \
             SELECT $3, e.line, e.text FROM held, unnest($4::bigint[], $5::text[]) AS e (line, text) \
             ON CONFLICT (journal, line) DO UPDATE SET text = excluded.text) \
             SELECT count(*), \
             max(CASE WHEN $6 THEN '' ELSE set_config('synchronous_commit', 'off', true) END) \
             FROM held"
        )
    };
}

impl PgStore {
    pub(in crate::store) async fn append(
        &self,
        holder: &Holder,
        batch: &LineBatch,
    ) -> Result<bool> {
        if !batch.clear {
            return put(&self.read, holder, batch).await;
        }
        let mut tx = self.begin().await?;
        let nothing = LineBatch { lines: Vec::new(), mark: None, ..*batch };
        let is_held = put(&mut *tx, holder, &nothing).await?;
        if is_held {
            sqlx::query("DELETE FROM progress_journal_lines WHERE journal = $1")
                .bind(plain(&holder.journal()))
                .execute(&mut *tx)
                .await?;
            if !batch.ends_a_run() {
                put(&mut *tx, holder, batch).await?;
            }
        }
        tx.commit().await?;
        Ok(is_held)
    }
}

/// Returns whether the journal is held. The row that says so is locked until the end of the
/// transaction, so that nobody takes the journal over meanwhile.
async fn put(executor: impl PgExecutor<'_>, holder: &Holder, batch: &LineBatch) -> Result<bool> {
    let mark = batch.mark.iter().map(|mark| (0, mark));
    let rows = (batch.first..).zip(&batch.lines).chain(mark);
    let (lines, texts): (Vec<i64>, Vec<&String>) = rows.unzip();
    let query = match holder {
        Holder::Job { id, attempt } => sqlx::query_as(put!(
            "SELECT 1 FROM progress_jobs WHERE id = $1 AND attempt = $2 \
             AND state IN ('running', 'cancelling') FOR SHARE"
        ))
        .bind(id)
        .bind(attempt),
        Holder::Run { id, token } => sqlx::query_as(put!(
            "UPDATE progress_journals SET seen_at = CASE WHEN $7 THEN 0 \
             ELSE (extract(epoch FROM clock_timestamp()) * 1000)::bigint END \
             WHERE id = $1 AND owner = $2 RETURNING 1"
        ))
        .bind(plain(id))
        .bind(token),
    };
    let query = query.bind(plain(&holder.journal())).bind(lines).bind(texts).bind(batch.sync);
    let query = match holder {
        Holder::Job { .. } => query,
        Holder::Run { .. } => query.bind(batch.ends_a_run()),
    };
    let (held, _): (i64, Option<String>) = query.fetch_one(executor).await?;
    Ok(held > 0)
}

journal_queries!(PgStore, Tx, now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
