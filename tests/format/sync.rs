//! A workflow without `async`.

workflow!(
    /// Reads files.
    pub fn import(files: &[PathBuf], progress: Progress) -> Result<usize, Error> {
        #[step(3, "Reading {} files", files.len())]
        let sizes: Vec<usize> = for file in files {
            #[step(2, "Opening")]
            let mut opened = open(file, progress)?;
            #[step(1, "Reading")]
            read(&mut opened, progress)?
        };

        #[step(1, "Publishing")]
        #[retry(ConstantBuilder::default(), when = is_transient)]
        publish(&sizes, progress)?;

        Ok(sizes.into_iter().sum())
    }
);
