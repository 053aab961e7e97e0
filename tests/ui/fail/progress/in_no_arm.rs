use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(n: u32, progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        if n > 3 {
            println!("done");
        }
        Ok(())
    }
);

fn main() {}
