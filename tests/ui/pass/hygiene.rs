//! Names of the user that the expansion must not meet.

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

#[derive(Debug, PartialEq)]
enum Own {
    Ok,
}

mod core {}

macro_rules! format_args {
    () => {};
}

workflow!(
    async fn names(progress: Progress) -> ::std::result::Result<u32, String> {
        let __steps = 1;
        let __value = 2;
        let index = 3;
        #[step(1, "Working {__steps}")]
        let __root = job(__value, progress).await?;
        use Own::*;
        let own = Ok;
        assert_eq!(own, Own::Ok);
        #[step(1, "Retrying")]
        #[retry(backon::ConstantBuilder::default())]
        let again = job(index, progress).await?;
        ::std::result::Result::Ok(__steps + __root + again)
    }
);

format_args!();

#[test]
fn runs() {
    assert_eq!(run(names(Progress::hidden())), ::std::result::Result::Ok(6));
}
