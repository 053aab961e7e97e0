use progress_runtime::{Progress, workflow};

fn count(_: Progress) -> u32 {
    1
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        #[retry(backon::ConstantBuilder::default())]
        let value = &count(progress);
        println!("{value}");
        Ok(())
    }
);

fn main() {}
