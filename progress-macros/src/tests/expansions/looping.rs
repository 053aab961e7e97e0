async fn batches(batches: Vec<Batch>, progress: Progress) -> Result<(), Error> {
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
        #[step(1, "Applying")]
        apply(found, progress).await?;
    }
    #[step(2, "Uploading")]
    #[concurrent(4)]
    for batch in batches {
        if batch.is_empty() {
            continue;
        }
        upload(batch, progress).await?;
    }
    Ok(())
}
