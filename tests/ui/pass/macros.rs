//! Workflows that macros write, and workflows inside of workflows.

use progress_runtime::{Progress, workflow};

async fn job<T>(value: T, mut progress: Progress) -> Result<T, String> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

macro_rules! named {
    ($name:ident, $weight:expr, $value:expr) => {
        workflow!(
            async fn $name(progress: Progress) -> Result<u32, String> {
                #[step($weight, "Working")]
                job($value, progress).await
            }
        );
    };
}

macro_rules! with_body {
    ($name:ident, $progress:ident, $body:expr) => {
        workflow!(
            async fn $name($progress: Progress) -> Result<u32, String> {
                #[step(1, "Working")]
                let value = $body;
                Ok(value)
            }
        );
    };
}

workflow!(
    /// In the arguments of a macro, a parameter of a closure is no share.
    async fn closures(progress: Progress) -> Result<u32, String> {
        #[step(1, "Working")]
        let value = job(3, progress).await?;
        let text = format!("{}", Some(value).map_or(0, |progress| progress + 1));
        assert_eq!(text, "4", "{{progress}} is no capture, {progress} is", progress = 4);
        Ok(value)
    }
);

named!(literal, 3, 4);
with_body!(given, progress, job(3, progress).await?);

workflow!(
    async fn nested(progress: Progress) -> Result<u32, String> {
        workflow!(
            async fn inner(progress: Progress) -> Result<u32, String> {
                #[step(1, "Working")]
                job(1, progress).await
            }
        );
        #[step(1, "Calling")]
        let value = inner(progress).await?;
        Ok(value)
    }
);

struct Made;

/// Nothing but the macro shows that the function stands in an `impl`.
macro_rules! in_an_impl {
    ($name:ident) => {
        workflow!(
            async fn $name(progress: Progress) -> Result<u32, String> {
                #[step(1, "Working")]
                job(5, progress).await
            }
        );
    };
}

impl Made {
    in_an_impl!(made);
}

macro_rules! whole_impl {
    ($type:ident, $name:ident) => {
        impl $type {
            workflow!(
                async fn $name(progress: Progress) -> Result<u32, String> {
                    #[step(1, "Working")]
                    job(6, progress).await
                }
            );
        }
    };
}

whole_impl!(Made, made_too);

#[test]
fn runs() {
    assert_eq!(run(Made::made(Progress::hidden())), Ok(5));
    assert_eq!(run(Made::made_too(Progress::hidden())), Ok(6));
    assert_eq!(run(literal(Progress::hidden())), Ok(4));
    assert_eq!(run(given(Progress::hidden())), Ok(3));
    assert_eq!(run(closures(Progress::hidden())), Ok(3));
    assert_eq!(run(nested(Progress::hidden())), Ok(1));
}
