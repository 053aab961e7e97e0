//! The lines of journals in SQLite.

use serde_json::json;
use sqlx::{Connection, Sqlite, Transaction};

use super::queries::journal_queries;
use super::{Dead, Hold, Holder, LineBatch, Lines, OF_RUN};
use crate::journal::SILENCE;
use crate::store::sqlite::{BEGIN, SqliteStore};
use crate::store::{Result, plain, wrong};

type Tx = Transaction<'static, Sqlite>;

impl SqliteStore {
    pub(in crate::store) async fn append(
        &self,
        holder: &Holder,
        batch: &LineBatch,
    ) -> Result<bool> {
        if !batch.sync {
            let mut tx = self.begin().await?;
            let is_held = put(&mut tx, holder, batch).await?;
            tx.commit().await?;
            return Ok(is_held);
        }
        // The other writes of the process outlive its end, and need not outlive a loss of power.
        self.check().map_err(wrong)?;
        let mut connection = self.write.acquire().await?;
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
        let mut tx = connection.begin_with(BEGIN).await?;
        let is_held = put(&mut tx, holder, batch).await?;
        tx.commit().await?;
        sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
        Ok(is_held)
    }
}

async fn put(tx: &mut Transaction<'_, Sqlite>, holder: &Holder, batch: &LineBatch) -> Result<bool> {
    if !is_held(tx, holder, batch).await? {
        return Ok(false);
    }
    let journal = plain(&holder.journal());
    if batch.clear {
        sqlx::query("DELETE FROM progress_journal_lines WHERE journal = $1")
            .bind(&journal)
            .execute(&mut **tx)
            .await?;
    }
    let mark = batch.mark.iter().map(|mark| (0, mark));
    let rows: Vec<_> = (batch.first..).zip(&batch.lines).chain(mark).collect();
    if !rows.is_empty() {
        sqlx::query(
            "INSERT INTO progress_journal_lines (journal, line, text) \
             SELECT $1, value ->> 0, value ->> 1 FROM json_each($2) WHERE true \
             ON CONFLICT (journal, line) DO UPDATE SET text = excluded.text",
        )
        .bind(&journal)
        .bind(json!(rows).to_string())
        .execute(&mut **tx)
        .await?;
    }
    Ok(true)
}

async fn is_held(
    tx: &mut Transaction<'_, Sqlite>,
    holder: &Holder,
    batch: &LineBatch,
) -> Result<bool> {
    let held: Option<i64> = match holder {
        Holder::Job { id, attempt } => {
            sqlx::query_scalar(
                "SELECT 1 FROM progress_jobs \
                 WHERE id = $1 AND attempt = $2 AND state IN ('running', 'cancelling')",
            )
            .bind(id)
            .bind(attempt)
            .fetch_optional(&mut **tx)
            .await?
        }
        Holder::Run { id, token } => {
            sqlx::query_scalar(
                "UPDATE progress_journals SET seen_at = CASE WHEN $3 THEN 0 \
                 ELSE CAST(unixepoch('subsec') * 1000 AS INTEGER) END \
                 WHERE id = $1 AND owner = $2 RETURNING 1",
            )
            .bind(plain(id))
            .bind(token)
            .bind(batch.ends_a_run())
            .fetch_optional(&mut **tx)
            .await?
        }
    };
    Ok(held.is_some())
}

journal_queries!(SqliteStore, Tx, now = "CAST(unixepoch('subsec') * 1000 AS INTEGER)");
