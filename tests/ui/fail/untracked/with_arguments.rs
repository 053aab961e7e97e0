use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[untracked(yes)]
        println!("done");
        Ok(())
    }
);

fn main() {}
