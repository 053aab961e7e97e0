async fn scan(found: Option<u32>, progress: Progress) -> Result<u32, Error> {
    #[step(10..40, "Scanning", id = "scan")]
    #[skip("nothing was found")]
    if let Some(found) = found {
        scan_files(found, progress).await?;
    }
    #[step(40..100, "Choosing")]
    let chosen = match found {
        Some(few) if few < 10 => choose(few, progress).await?,
        Some(_) => {
            log("too many");
            10
        }
        None => 0,
    };
    Ok(chosen)
}
