//! Steps that run over items.

workflow!(
    async fn loops(batches: Vec<Batch>, progress: Progress) -> Result<(), Error> {
        #[step(3, "Reading {} batches", batches.len())]
        for batch in &batches {
            read(batch, progress).await?;
        }

        #[step(4, "Working")]
        'batches: for batch in &batches {
            if batch.is_empty() {
                continue 'batches;
            }
            #[step(2, "Analysis")]
            let found = analyse(batch, progress).await?;

            // Only what was found.
            #[step(1, "Applying")]
            apply(found, progress).await?;
        }

        #[step(2, "Uploading")]
        #[concurrent(4)]
        #[skip("nothing to upload")]
        for (number, batch) in batches.into_iter().enumerate() {
            if number == 3 {
                continue;
            }
            upload(batch, progress).await?;
        }

        #[step(2, "Hashing")]
        #[concurrent(4)]
        let hashes: Vec<_> = for file in &files {
            let bytes = read(file, progress).await?;
            // The value of each file.
            hash(&bytes)
        };

        #[step(1, "Waiting")]
        while !is_ready().await {
            progress.set_message("not ready");
        }

        #[step(1, "Together")]
        let sum = {
            #[step(1, "One")]
            let one = one(progress).await?;
            #[step(1, "Two")]
            let two = two(progress).await?;
            one + two
        };

        finish(sum);
        Ok(())
    }
);
