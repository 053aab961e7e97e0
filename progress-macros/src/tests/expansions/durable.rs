/// Processes batches, and goes on where it stopped.
#[durable]
pub async fn process(folder: &Path, progress: Progress) -> Result<Summary, Error> {
    #[step(15, "Processing downloads")]
    let downloads = download(folder, progress).await?;
    #[step(35, "Analysing {} batches", downloads.batches.len())]
    #[key(batch.id)]
    for batch in downloads.batches {
        #[step(4, "Analysis")]
        let plan = analyse(&batch, progress).await;
        #[step(1, "Applying changes")]
        #[uncancellable]
        apply(plan, progress).await?;
    }
    #[step(10, "Previews")]
    #[concurrent(4)]
    #[key(image)]
    for image in downloads.images {
        preview(image, progress).await?;
    }
    #[step(5, "Opening the index")]
    #[repeat]
    let index = open(progress).await?;
    #[step(5, "Media")]
    #[parallel]
    let (audio, video) = (
        #[step(1, "Audio")]
        audio(progress).await?,
        #[step(1, "Video")]
        video(progress).await?,
    );
    #[step(5, "Counting")]
    for file in index.files() {
        #[step(1, "Counting a file")]
        count(file, progress).await?;
    }
    #[step(1, "Summing up")]
    sum_up(audio, video, progress).await
}
