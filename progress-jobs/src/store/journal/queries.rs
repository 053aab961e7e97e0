//! The operations on journals whose SQL both databases understand.

macro_rules! journal_queries {
    ($store:ty, $tx:ty, now = $now:literal) => {
        impl $store {
            pub(in crate::store) async fn recall(&self, journal: &str) -> Result<Lines> {
                let rows: Vec<(i64, String)> = sqlx::query_as(
                    "SELECT line, text FROM progress_journal_lines WHERE journal = $1 ORDER BY line",
                )
                .bind(plain(journal))
                .fetch_all(&self.read)
                .await?;
                let last = rows.last().map_or(0, |(line, _)| *line);
                Ok(Lines { texts: rows.into_iter().map(|(_, text)| text).collect(), last })
            }

            pub(in crate::store) async fn take_journal(
                &self,
                id: &str,
                token: &str,
                process: i64,
                dead: &Dead,
            ) -> Result<Hold> {
                let asked = std::time::Instant::now();
                let mut tx = self.begin().await?;
                let mine: Option<i64> = sqlx::query_scalar(concat!(
                    "INSERT INTO progress_journals AS j (id, owner, process, seen_at) \
                     VALUES ($1, $2, $3, ",
                    $now,
                    ") ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, \
                     process = excluded.process, seen_at = excluded.seen_at \
                     WHERE j.owner IS NULL OR j.seen_at <= excluded.seen_at - $4 \
                     OR j.seen_at = $5 \
                     RETURNING seen_at"
                ))
                .bind(plain(id))
                .bind(token)
                .bind(process)
                .bind(dead.silence(asked.elapsed()))
                .bind(dead.seen_at)
                .fetch_optional(&mut *tx)
                .await?;
                let taken = match mine {
                    Some(_) => Hold::Mine,
                    None => {
                        let (process, seen) = sqlx::query_as(
                            "SELECT process, seen_at FROM progress_journals WHERE id = $1",
                        )
                        .bind(plain(id))
                        .fetch_optional(&mut *tx)
                        .await?
                        // It was removed meanwhile.
                        .unwrap_or((None, 0));
                        Hold::Elsewhere { process, seen }
                    }
                };
                self.commit(tx, &[], false).await?;
                Ok(taken)
            }

            pub(in crate::store) async fn let_go_of_journal(
                &self,
                id: &str,
                token: &str,
            ) -> Result<()> {
                let mut tx = self.begin().await?;
                sqlx::query(
                    "UPDATE progress_journals SET owner = NULL, process = NULL \
                     WHERE id = $1 AND owner = $2",
                )
                .bind(plain(id))
                .bind(token)
                .execute(&mut *tx)
                .await?;
                self.commit(tx, &[], false).await
            }

            /// The job that failed is run again: the new one goes on with what it has kept.
            pub(in crate::store) async fn hand_journal_on(
                tx: &mut $tx,
                id: &str,
                new: &str,
            ) -> Result<()> {
                sqlx::query("UPDATE progress_journal_lines SET journal = $2 WHERE journal = $1")
                    .bind(plain(id))
                    .bind(new)
                    .execute(&mut **tx)
                    .await?;
                Ok(())
            }

            /// Removes the journal of a job, if it has completed.
            pub(in crate::store) async fn close_journal(tx: &mut $tx, id: &str) -> Result<()> {
                sqlx::query(
                    "DELETE FROM progress_journal_lines WHERE journal = $1 \
                     AND (SELECT state FROM progress_jobs WHERE id = $1) \
                     IN ('completed', 'completed_with_errors')",
                )
                .bind(id)
                .execute(&mut **tx)
                .await?;
                Ok(())
            }

            /// Removes the journals of runs that nobody has seen for so long, and the lines of
            /// journals that belong to no job and no run any more.
            pub(in crate::store) async fn purge_journals(tx: &mut $tx, age: i64) -> Result<()> {
                sqlx::query(concat!(
                    "DELETE FROM progress_journals WHERE seen_at <= ",
                    $now,
                    " - $1"
                ))
                .bind(age.max(SILENCE))
                .execute(&mut **tx)
                .await?;
                sqlx::query(
                    "DELETE FROM progress_journal_lines WHERE \
                     NOT EXISTS (SELECT 1 FROM progress_jobs WHERE id = journal) AND \
                     NOT EXISTS (SELECT 1 FROM progress_journals j WHERE $1 || j.id = journal)",
                )
                .bind(OF_RUN)
                .execute(&mut **tx)
                .await?;
                Ok(())
            }
        }
    };
}
pub(super) use journal_queries;
