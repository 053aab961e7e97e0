use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Working")]
        #[untraked]
        println!("done");
        Ok(())
    }
);

fn main() {}
