async fn sizes(files: Vec<File>, progress: Progress) -> Result<u64, Error> {
    #[step(3, "Reading")]
    let sizes: Vec<_> = for file in &files {
        if file.is_empty() {
            continue;
        }
        size(file, progress).await?
    };
    #[step(4, "Hashing")]
    #[concurrent(4)]
    let hashes = for file in &files {
        if file.is_empty() {
            continue;
        }
        #[step(2, "Reading")]
        let bytes = read(file, progress).await?;
        #[step(1, "Hashing")]
        let hash = hash(bytes, progress).await?;
        (file.name(), hash)
    };
    #[step(2, "Checking")]
    let checked: Result<(), Error> = for file in files {
        check(file, progress).await
    };
    checked?;
    Ok(total(sizes, hashes))
}
