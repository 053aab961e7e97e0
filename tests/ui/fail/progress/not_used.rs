use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        println!("done");
        Ok(())
    }
);

fn main() {}
