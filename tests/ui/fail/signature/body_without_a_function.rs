use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!({
    #[step(1, "Reading")]
    job(progress).await?;
});

fn main() {}
