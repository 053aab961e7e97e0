/// Publishes a report.
pub async fn publish(&self, (name, copies): (&str, u32), progress: Progress) -> Result<Report, Error> {
    #[step(COLLECTING, "Collecting {name}")]
    let lines = self.collect(name, progress).await?;
    let paper = Paper::new(copies);
    #[step(2, "Printing {} lines", lines.len())]
    let printed = self.print(lines, paper, progress).await;
    #[step(1, "Tidying up")]
    #[untracked]
    #[uncancellable]
    self.tidy().await;
    Ok(Report { printed: printed.is_ok() })
}
