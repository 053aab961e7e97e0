use progress_runtime::{Progress, workflow};

struct Names;

impl FromIterator<String> for Names {
    fn from_iter<I: IntoIterator<Item = String>>(_: I) -> Self {
        Names
    }
}

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "Reading")]
        let all: Names = for _ in 0..3 {
            job(progress).await?
        };
        drop(all);
        Ok(())
    }
);

fn main() {}
