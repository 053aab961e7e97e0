//! The same under `#[workflow]`, with and without the path of the runtime.

use progress_runtime::{Progress, attr::workflow};

async fn job<T>(value: T, mut progress: Progress) -> Result<T, String> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

mod facade {
    pub mod deep {
        pub use progress_runtime::*;
    }
}

/// Works.
#[workflow]
pub async fn plain(progress: Progress) -> Result<u32, String> {
    #[step(1, "Working")]
    job(1, progress).await
}

/// Has a workflow of its own.
#[workflow]
pub async fn outer(progress: Progress) -> Result<u32, String> {
    #[workflow]
    async fn inner(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working inside")]
        job(2, progress).await
    }

    #[step(1, "Working")]
    inner(progress).await
}

struct Jobs;

impl Jobs {
    #[workflow(crate = crate::attribute::facade::deep)]
    async fn method(&self, progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        job(1, progress).await
    }

    #[workflow]
    async fn without_self(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        job(1, progress).await
    }
}

facade::deep::workflow!(
    async fn reexported(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        job(1, progress).await
    }
);

#[test]
fn runs() {
    assert_eq!(run(plain(Progress::hidden())), Ok(1));
    assert_eq!(run(outer(Progress::hidden())), Ok(2));
    assert_eq!(run(Jobs.method(Progress::hidden())), Ok(1));
    assert_eq!(run(Jobs::without_self(Progress::hidden())), Ok(1));
    assert_eq!(run(reexported(Progress::hidden())), Ok(1));
    assert_eq!(plain_plan().steps().len() + Jobs::method_plan().steps().len(), 2);
}
