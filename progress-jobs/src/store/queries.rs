//! The operations whose SQL both databases understand. The macro writes them once for each store;
//! what differs is the time, lists, the lock of a row, and the methods of the store that it calls.

macro_rules! queries {
    ($store:ty, now = $now:literal, among = $among:literal, lock = $lock:literal, seen = $seen:literal) => {
        impl $store {
            pub(crate) async fn create(&self, job: &NewJob) -> Result<String> {
                loop {
                    if let Some(id) = self.try_create(job).await? {
                        return Ok(id);
                    }
                }
            }

            /// Returns `None` if the job that held the key has let go of it meanwhile.
            async fn try_create(&self, job: &NewJob) -> Result<Option<String>> {
                let mut tx = self.begin().await?;
                let created = sqlx::query(concat!(
                    "INSERT INTO progress_jobs (id, kind, version, key, parent, step, owner, state, \
                     max_deaths, priority, args, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $10, ",
                    $now,
                    ") ON CONFLICT DO NOTHING"
                ))
                .bind(&job.id)
                .bind(plain(job.terms.kind))
                .bind(i64::from(job.terms.version))
                .bind(plain(&job.key))
                .bind(plain(&job.parent))
                .bind(plain(&job.step))
                .bind(&job.owner)
                .bind(i64::from(job.terms.attempts))
                .bind(i64::from(job.terms.priority))
                .bind(&job.args)
                .execute(&mut *tx)
                .await?;
                if created.rows_affected() > 0 {
                    let queue = queue(job.terms.kind, i64::from(job.terms.version));
                    self.push(&mut tx, &queue, &job.id, job.terms.priority.into()).await?;
                    self.commit(tx, &[&job.id], true).await?;
                    return Ok(Some(job.id.clone()));
                }
                let id: Option<String> = sqlx::query_scalar(concat!(
                    "UPDATE progress_jobs SET owner = $2 WHERE key = $1 AND ",
                    holds_key!(),
                    " RETURNING id"
                ))
                .bind(plain(&job.key))
                .bind(&job.owner)
                .fetch_optional(&mut *tx)
                .await?;
                self.commit(tx, &[], false).await?;
                Ok(id)
            }

            pub(crate) async fn again(&self, id: &str, new: &str) -> Result<Option<String>> {
                loop {
                    let mut tx = self.begin().await?;
                    let created = sqlx::query(concat!(
                        "INSERT INTO progress_jobs (id, kind, version, key, parent, step, owner, \
                         state, max_deaths, priority, args, created_at) \
                         SELECT $2, kind, version, key, parent, step, '', 'queued', max_deaths, \
                         priority, args, ",
                        $now,
                        " FROM progress_jobs WHERE id = $1 AND ",
                        ended_badly!(),
                        " ON CONFLICT DO NOTHING RETURNING kind, version, priority"
                    ))
                    .bind(plain(id))
                    .bind(new)
                    .fetch_optional(&mut *tx)
                    .await?;
                    if let Some(row) = created {
                        Self::hand_journal_on(&mut tx, id, new).await?;
                        self.knock(&mut tx, new, &row).await?;
                        self.commit(tx, &[new], true).await?;
                        return Ok(Some(new.to_owned()));
                    }
                    let holder: Option<String> = sqlx::query_scalar(concat!(
                        "SELECT id FROM progress_jobs \
                         WHERE key = (SELECT key FROM progress_jobs WHERE id = $1) AND ",
                        holds_key!()
                    ))
                    .bind(plain(id))
                    .fetch_optional(&mut *tx)
                    .await?;
                    let ended_badly: Option<String> = sqlx::query_scalar(concat!(
                        "SELECT id FROM progress_jobs WHERE id = $1 AND ",
                        ended_badly!()
                    ))
                    .bind(plain(id))
                    .fetch_optional(&mut *tx)
                    .await?;
                    tx.commit().await?;
                    // Otherwise, the job that held the key has let go of it meanwhile.
                    if holder.is_some() || ended_badly.is_none() {
                        return Ok(holder);
                    }
                }
            }

            /// Pushes a knock for the job of the row.
            async fn knock(&self, tx: &mut Tx, id: &str, row: &Row) -> Result<()> {
                let number = |column| row::integer(row, column).unwrap_or(0);
                let kind = row::text(row, "kind").unwrap_or_default();
                let queue = queue(&kind, number("version"));
                self.push(tx, &queue, id, number("priority").clamp(0, 1_000_000)).await
            }

            pub(crate) async fn get(&self, id: &str) -> Result<Option<Job>> {
                let row = sqlx::query(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM progress_jobs WHERE id = $1"
                ))
                .bind(plain(id))
                .fetch_optional(&self.read)
                .await?;
                Ok(row.as_ref().map(row::job))
            }

            pub(crate) async fn children(&self, parent: &str) -> Result<Vec<Job>> {
                let rows = sqlx::query(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM progress_jobs WHERE parent = $1 ORDER BY created_at, id"
                ))
                .bind(plain(parent))
                .fetch_all(&self.read)
                .await?;
                Ok(rows.iter().map(row::job).collect())
            }

            pub(crate) async fn list(&self, filter: &JobFilter) -> Result<Vec<Job>> {
                let rows = sqlx::query(concat!(
                    "SELECT ",
                    columns!(),
                    " FROM progress_jobs \
                     WHERE (CAST($1 AS text) IS NULL OR kind = $1) \
                     AND (CAST($2 AS text) IS NULL OR state = $2) \
                     AND (CAST($3 AS text) IS NULL OR parent = $3) \
                     AND (CAST($4 AS text) IS NULL OR id < $4) \
                     ORDER BY id DESC LIMIT $5"
                ))
                .bind(filter.kind.as_deref().map(plain))
                .bind(filter.state.map(JobState::as_str))
                .bind(filter.parent.as_deref().map(plain))
                .bind(filter.before.as_deref().map(plain))
                .bind(i64::from(filter.limit))
                .fetch_all(&self.read)
                .await?;
                Ok(rows.iter().map(row::job).collect())
            }

            pub(crate) async fn cancel(&self, id: &str) -> Result<bool> {
                let id = plain(id);
                let mut tx = self.begin().await?;
                let done = sqlx::query(concat!(
                    "UPDATE progress_jobs SET seq = seq + 1, \
                     ended_at = CASE state WHEN 'queued' THEN ",
                    $now,
                    " ELSE ended_at END, \
                     state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'cancelling' END \
                     WHERE id = $1 AND state IN ('queued', 'running')"
                ))
                .bind(&id)
                .execute(&mut *tx)
                .await?;
                self.commit(tx, &[&id], false).await?;
                Ok(done.rows_affected() > 0)
            }

            pub(crate) async fn cancel_owned(&self, key: &str, owner: &str) -> Result<bool> {
                let mut tx = self.begin().await?;
                let id: Option<String> = sqlx::query_scalar(concat!(
                    "UPDATE progress_jobs SET seq = seq + 1, \
                     ended_at = CASE state WHEN 'queued' THEN ",
                    $now,
                    " ELSE ended_at END, \
                     state = CASE state WHEN 'queued' THEN 'cancelled' ELSE 'cancelling' END \
                     WHERE key = $1 AND owner = $2 AND state IN ('queued', 'running') AND ",
                    holds_key!(),
                    " RETURNING id"
                ))
                .bind(plain(key))
                .bind(owner)
                .fetch_optional(&mut *tx)
                .await?;
                let ids: Vec<&str> = id.as_deref().into_iter().collect();
                self.commit(tx, &ids, false).await?;
                Ok(id.is_some())
            }

            pub(crate) async fn claim(
                &self,
                worker: &WorkerContext,
                batch: &Batch<'_>,
                keeps: impl Fn(&Taken) -> bool,
            ) -> Result<Vec<Begun>> {
                let mut tx = self.begin().await?;
                let taken = self.fetch(&mut tx, batch, worker).await?;
                let ids: Vec<_> = taken.iter().map(|taken| plain(&taken.job)).collect();
                // In one order, whoever locks: two claims that meet do not wait for each other.
                let rows = sqlx::query(concat!(
                    "SELECT args, EXISTS (SELECT 1 FROM progress_journal_lines \
                     WHERE journal = progress_jobs.id) AS is_kept, ",
                    columns!(),
                    " FROM progress_jobs WHERE id ",
                    $among,
                    " ORDER BY id",
                    $lock
                ))
                .bind(list(&ids))
                .fetch_all(&mut *tx)
                .await?;
                let (mut begun, mut changed) = (Vec::<Begun>::new(), Vec::new());
                let mut over = Vec::new();
                for (taken, id) in taken.into_iter().zip(&ids) {
                    let row = rows.iter().find(|row: &&Row| row::text(*row, "id").as_ref() == Some(id));
                    let twice = begun.iter().any(|begun| begun.job.id == *id);
                    let Some(row) = row.filter(|_| !twice) else {
                        over.push(taken.knock);
                        continue;
                    };
                    let job = row::job(row);
                    match self.decide(&mut tx, &job, worker, batch.dead_after).await? {
                        Decision::Begin => {
                            let attempt = row::integer(row, "attempt").unwrap_or(0);
                            let attempt = attempt.saturating_add(1);
                            begun.push(Begun {
                                knock: taken.knock,
                                attempt,
                                args: row::text(row, "args").unwrap_or_default(),
                                // A record that another attempt has just written may not be seen.
                                is_kept: attempt > 1 || row.try_get("is_kept").unwrap_or(true),
                                job,
                            });
                        }
                        Decision::Elsewhere(other) => {
                            self.hand_over(&mut tx, &taken.knock, &other).await?;
                        }
                        // The knock stays, locked by this worker.
                        Decision::Mine if keeps(&taken) => {}
                        decision => {
                            self.conclude(&mut tx, &job, &decision).await?;
                            over.push(taken.knock);
                            changed.push(id.as_str());
                        }
                    }
                }
                self.ack(&mut tx, &over, worker.name()).await?;
                let begin: Vec<_> = begun.iter().map(|begun| begun.job.id.clone()).collect();
                self.begin_all(&mut tx, &begin, worker.name()).await?;
                changed.extend(begin.iter().map(String::as_str));
                // A begin is not worth the wait, which would be one before the next claim as well.
                self.commit_soon(tx, &changed).await?;
                Ok(begun)
            }

            /// What the row of a job says to this worker.
            async fn decide(
                &self,
                tx: &mut Tx,
                job: &Job,
                worker: &WorkerContext,
                dead_after: Duration,
            ) -> Result<Decision> {
                let mine = job.worker.as_deref() == Some(worker.name());
                let silence = match &job.worker {
                    Some(other) if job.state.is_active() && !mine => {
                        sqlx::query_scalar(concat!("SELECT ", $seen, " WHERE id = $1"))
                            .bind(other)
                            .fetch_optional(&mut **tx)
                            .await?
                    }
                    _ => None,
                };
                Ok(decide(job, mine, silence, dead_after))
            }

            /// Begins jobs that nobody has, or whose worker is dead.
            async fn begin_all(&self, tx: &mut Tx, ids: &[String], worker: &str) -> Result<()> {
                if ids.is_empty() {
                    return Ok(());
                }
                sqlx::query(concat!(
                    "UPDATE progress_jobs SET \
                     deaths = CASE state WHEN 'running' THEN deaths + 1 ELSE deaths END, \
                     state = 'running', attempt = attempt + 1, worker = $2, seq = seq + 1, \
                     heartbeat_at = ",
                    $now,
                    ", started_at = coalesce(started_at, ",
                    $now,
                    ") WHERE id ",
                    $among
                ))
                .bind(list(ids))
                .bind(worker)
                .execute(&mut **tx)
                .await?;
                Ok(())
            }

            /// Ends a job that no worker has.
            async fn conclude(
                &self,
                tx: &mut Tx,
                job: &Job,
                decision: &Decision,
            ) -> Result<()> {
                let (state, deaths) = match decision {
                    Decision::Lost { deaths } => (JobState::Lost, *deaths),
                    Decision::Cancelled => (JobState::Cancelled, i64::from(job.deaths)),
                    Decision::Nothing
                    | Decision::Begin
                    | Decision::Mine
                    | Decision::Elsewhere(_) => return Ok(()),
                };
                let error = (state == JobState::Lost).then(|| lost(deaths));
                sqlx::query(concat!(
                    "UPDATE progress_jobs SET state = $2, deaths = $3, error = $4, seq = seq + 1, \
                     ended_at = ",
                    $now,
                    " WHERE id = $1"
                ))
                .bind(&job.id)
                .bind(state.as_str())
                .bind(deaths)
                .bind(error)
                .execute(&mut **tx)
                .await?;
                Ok(())
            }

            pub(crate) async fn finish(
                &self,
                worker: &str,
                fence: &Fence,
                end: &Ending,
            ) -> Result<bool> {
                let mut tx = self.begin().await?;
                // A result that comes after the cancel is none: the parent has gone on without it.
                let done = sqlx::query(concat!(
                    "UPDATE progress_jobs SET seq = seq + 1, \
                     shown = CASE WHEN shown < $4 THEN $4 ELSE shown END, \
                     snapshot = $5, error = $7, ended_at = ",
                    $now,
                    ", result = CASE state WHEN 'cancelling' THEN NULL ELSE $6 END, \
                     state = CASE WHEN state = 'cancelling' AND $3 <> 'failed' \
                     THEN 'cancelled' ELSE $3 END \
                     WHERE id = $1 AND attempt = $2 AND state IN ('running', 'cancelling')"
                ))
                .bind(&fence.id)
                .bind(fence.attempt)
                .bind(end.state.as_str())
                .bind(i64::from(end.shown))
                .bind(end.snapshot.as_deref())
                .bind(end.result.as_deref())
                .bind(end.error.as_deref().map(plain))
                .execute(&mut *tx)
                .await?;
                if end.kept && done.rows_affected() > 0 {
                    Self::close_journal(&mut tx, &fence.id).await?;
                }
                self.ack(&mut tx, std::slice::from_ref(&fence.knock), worker).await?;
                self.commit(tx, &[&fence.id], false).await?;
                Ok(done.rows_affected() > 0)
            }

            pub(crate) async fn give_back(&self, worker: &str, fences: &[Fence]) -> Result<()> {
                let mut tx = self.begin().await?;
                for fence in fences {
                    self.let_go(&mut tx, worker, &fence.id, fence.attempt).await?;
                }
                let knocks: Vec<String> = fences.iter().map(|fence| fence.knock.clone()).collect();
                self.release(&mut tx, worker, &knocks).await?;
                let ids: Vec<&str> = fences.iter().map(|fence| fence.id.as_str()).collect();
                self.commit(tx, &ids, true).await
            }

            /// Returns whether the job was the worker's.
            async fn let_go(
                &self,
                tx: &mut Tx,
                worker: &str,
                id: &str,
                attempt: i64,
            ) -> Result<bool> {
                let done = sqlx::query(concat!(
                    "UPDATE progress_jobs SET seq = seq + 1, \
                     ended_at = CASE state WHEN 'cancelling' THEN ",
                    $now,
                    " ELSE ended_at END, \
                     state = CASE state WHEN 'cancelling' THEN 'cancelled' ELSE 'queued' END \
                     WHERE id = $1 AND attempt = $2 AND worker = $3 \
                     AND state IN ('running', 'cancelling')"
                ))
                .bind(id)
                .bind(attempt)
                .bind(worker)
                .execute(&mut **tx)
                .await?;
                Ok(done.rows_affected() > 0)
            }

            pub(crate) async fn disown(&self, worker: &str, id: &str, attempt: i64) -> Result<()> {
                let mut tx = self.begin().await?;
                if self.let_go(&mut tx, worker, id, attempt).await? {
                    let row = sqlx::query(
                        "SELECT kind, version, priority FROM progress_jobs WHERE id = $1",
                    )
                    .bind(id)
                    .fetch_one(&mut *tx)
                    .await?;
                    self.knock(&mut tx, id, &row).await?;
                }
                self.commit(tx, &[id], true).await
            }

            pub(crate) async fn held(&self, worker: &str) -> Result<Vec<Standing>> {
                let rows = sqlx::query(
                    "SELECT id, attempt, state FROM progress_jobs \
                     WHERE worker = $1 AND state IN ('running', 'cancelling')",
                )
                .bind(worker)
                .fetch_all(&self.read)
                .await?;
                Ok(rows.iter().map(standing).collect())
            }
        }

        /// Who has the job of the row.
        fn standing(row: &Row) -> Standing {
            Standing {
                id: row::text(row, "id").unwrap_or_default(),
                attempt: row::integer(row, "attempt").unwrap_or(0),
                state: JobState::parse(row::text(row, "state").as_deref().unwrap_or_default()),
            }
        }
    };
}
pub(super) use queries;
