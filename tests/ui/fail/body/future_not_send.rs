use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

fn spawn(_: impl Future + Send) {}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        let shared = std::rc::Rc::new(3);
        #[step(1, "Reading")]
        job(progress).await?;
        drop(shared);
        Ok(())
    }
);

pub fn start() {
    spawn(flow(Progress::hidden()));
}

fn main() {}
