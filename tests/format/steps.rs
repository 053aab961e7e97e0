//! Steps of every plain kind.

workflow!(
    /// Fetches a catalogue and indexes it.
    #[total(100)]
    pub async fn import<'a>(
        source: &'a str,
        jobs: &Jobs,
        mut options: Options,
        progress: Progress,
    ) -> Result<Vec<&'a str>, Error> {
        // What the user is told first.
        #[step(30, "Fetching {source}")]
        let pages = jobs.fetch(source, progress).await?;

        #[step(20, "Reading {} pages of {:>4}", pages.len(), source, id = "read")]
        #[untracked]
        let texts: Vec<String> = pages.iter().map(|page| page.text()).collect();

        #[step(WEIGHT, "Indexing")] // as large as the index
        #[retry(ExponentialBuilder::default().with_max_times(3), when = Error::is_transient)]
        #[timeout(Duration::from_secs(30))]
        let index = jobs.index(&texts, progress).await?;

        #[step(10, "Saving")]
        #[uncancellable]
        jobs.save(index, progress).await?;

        #[step(10, "Publishing")]
        let published = jobs.publish(progress).await; // no `?`: the workflow goes on

        /* what is left */
        options.finish(published.is_ok());
        Ok(pages)
    }
);
