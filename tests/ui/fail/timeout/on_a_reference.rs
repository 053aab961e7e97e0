use progress_runtime::{Progress, workflow};

fn count(_: Progress) -> u32 {
    1
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[timeout(std::time::Duration::from_secs(1))]
        let value = &count(progress);
        println!("{value}");
        Ok(())
    }
);

fn main() {}
