use progress_runtime::{Interrupted, Progress, workflow};
struct Jobs;
async fn job(progress: Progress) -> Result<u32, Interrupted> {
    drop(progress);
    Ok(1)
}
trait Work {
    fn work(progress: Progress) -> impl Future<Output = Result<u32, Interrupted>>;
}
impl Work for Jobs {
    workflow!(
        async fn work(progress: Progress) -> Result<u32, Interrupted> {
            #[step(1, "Working")]
            let v = job(progress).await?;
            Ok(v)
        }
    );
}
fn main() {}
