use progress_runtime::workflow;

workflow!(
    async fn flow() -> Result<(), String> {
        Ok(())
    }
);

fn main() {}
