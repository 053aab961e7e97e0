use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!("Title", async fn flow(progress: Progress) {
    #[step(1, "Reading")]
    drop(progress);
});

fn main() {}
