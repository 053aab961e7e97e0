use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Each")]
        #[untracked]
        for i in 0..3 {
            println!("{i}");
        }
        Ok(())
    }
);

fn main() {}
