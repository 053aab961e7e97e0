//! The attribute form is plain Rust to rustfmt.

#[workflow]
pub async fn attributed(name: &str, progress: Progress) -> Result<usize, Error> {
    #[step(1, "Measuring {name}")]
    let length = measure(name, progress).await?;

    #[step(2, "Doubling", id = "double")]
    #[untracked]
    let doubled = length * 2;

    Ok(doubled)
}
