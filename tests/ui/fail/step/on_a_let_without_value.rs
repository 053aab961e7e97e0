use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        let n;
        n = 3;
        drop(n);
        Ok(())
    }
);

fn main() {}
