use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[untracked]
        #[untracked]
        println!("done");
        Ok(())
    }
);

fn main() {}
