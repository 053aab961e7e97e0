fn import((path, limit): (&Path, usize), mut rows: Rows, progress: Progress) -> Result<usize, Error> {
    #[step(3, "Reading {}", path.display())]
    let lines = read(path, progress)?;
    #[step(1, "Checking")]
    let checked = check(&lines, progress);
    #[step(2, "Storing")]
    for line in &lines {
        rows.store(line, progress)?;
    }
    #[step(2, "Publishing")]
    #[retry(policy())]
    publish(&rows, progress)?;
    Ok(lines.len().min(limit))
}
