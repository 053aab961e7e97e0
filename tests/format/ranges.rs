//! Percents in the place of weights.

workflow!(
    async fn ranges(progress: Progress) -> Result<(), Error> {
        #[step(5..20, "Downloads")]
        downloads(progress).await?;

        #[step(20..MIDDLE, "Metadata")]
        metadata(progress).await?;

        #[step(MIDDLE..100, "The rest")]
        rest(progress).await
    }
);

impl Jobs {
    workflow!(
        /// A method.
        pub(crate) async fn all(&mut self, progress: Progress) -> Result<(), Error> {
            #[step(Self::WEIGHT, "One")]
            self.one(progress).await?;
            #[step(1, "Two")]
            self.two(progress).await
        }
    );
}

workflow!(
    async fn first(progress: Progress) {
        #[step(1, "One")]
        one(progress).await;
    }

    /// Another in the same macro.
    async fn second(progress: Progress) {
        #[step(1, "Two")]
        two(progress).await;
    }
);
