//! Names for items, and units.

use progress_runtime::{Progress, workflow};

async fn job<T>(value: T, mut progress: Progress) -> Result<T, String> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

const ONE: &str = "row";

workflow!(
    async fn names(files: Vec<(String, u64)>, progress: Progress) -> Result<u64, String> {
        #[step(1, "Reading {}", files.len(), item = "{} of {size} bytes", file.0, size = file.1)]
        for file in &files {
            job(file, progress).await?;
        }

        #[step(1, "Moving", item = "{name}", unit = named("file", "files"), id = "moved")]
        for (name, size) in files.clone() {
            job((name, size), progress).await?;
        }

        #[step(1, "At once", unit = named(ONE, "rows"), item = "{name}")]
        #[concurrent(2)]
        let sizes: Vec<u64> = for (name, size) in files.clone() {
            #[step(1, "One")]
            let name = job(name, progress).await?;
            drop(name);
            size
        };

        #[step(1, "Not used", item = "{index}")]
        for index in 0..3 {}

        // An argument that the title names.
        #[step(1, "Reading the {item} in {unit}", item = sizes.len(), unit = "bytes")]
        job((), progress).await?;

        #[step(1, "Sending", unit = binary_bytes)]
        job((), progress).await?;

        Ok(sizes.into_iter().sum())
    }
);

#[test]
fn runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let files = vec![("a".to_owned(), 1), ("b".to_owned(), 2)];
    let work = names(files, Progress::hidden());
    assert_eq!(runtime.expect("a runtime").block_on(work), Ok(3));
    let units: Vec<_> = names_plan().steps().iter().map(|step| step.unit().is_some()).collect();
    assert_eq!(units, [false, true, true, false, false, true]);
}
