use progress_runtime::{Progress, workflow};

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Each")]
        for i in (0..9).filter(|i| i % 2 == 0) {
            println!("{i}");
        }
        Ok(())
    }
);

fn main() {}
