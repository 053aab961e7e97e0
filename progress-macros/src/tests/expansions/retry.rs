async fn fetch(url: &str, progress: Progress) -> Result<Page, Error> {
    #[step(1, "Fetching")]
    #[retry(ExponentialBuilder::default(), when = |error| error.is_transient())]
    #[timeout(Duration::from_secs(30))]
    let page = get(url, progress).await?;
    #[step(1, "Notifying")]
    #[timeout(Duration::from_secs(5))]
    let told = notify(&page, progress).await;
    #[step(1, "Storing")]
    #[retry(ExponentialBuilder::default(), when = |error| error.is_transient())]
    store(&page, progress).await?;
    Ok(page)
}
