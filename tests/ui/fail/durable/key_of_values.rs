use progress_runtime::{Interrupted, JournalError, Progress, workflow};

struct Failed;

impl From<Interrupted> for Failed {
    fn from(_: Interrupted) -> Self {
        Self
    }
}

impl From<JournalError> for Failed {
    fn from(_: JournalError) -> Self {
        Self
    }
}

async fn job(number: u32, _: Progress) -> Result<u32, Failed> {
    Ok(number)
}

workflow!(
    #[durable]
    async fn flow(progress: Progress) -> Result<u32, Failed> {
        #[step(1, "Reading")]
        #[key(number)]
        let all: Vec<u32> = for number in 0..3 {
            job(number, progress).await?
        };
        Ok(all.into_iter().sum())
    }
);

fn main() {}
