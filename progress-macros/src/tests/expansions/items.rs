async fn pages(sites: Vec<Site>, progress: Progress) -> Result<(), Error> {
    #[step(3, "Downloading", unit = bytes)]
    download(&sites, progress).await?;
    #[step(4, "Reading {}", sites.len(), id = "read", unit = named("page", "pages"), item = "{}", site.name)]
    for site in &sites {
        read(site, progress).await?;
    }
    #[step(2, "Uploading", item = "{name}")]
    #[concurrent(4)]
    for Site { name, pages } in sites {
        #[step(2, "Packing")]
        let packed = pack(&pages, progress).await?;
        #[step(1, "Sending")]
        send(&name, packed, progress).await?;
    }
    Ok(())
}
