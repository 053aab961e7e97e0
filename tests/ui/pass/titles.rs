//! Format strings, and the ids and static titles that come from them.

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

workflow!(
    async fn make_titles(name: &str, progress: Progress) -> Result<(), String> {
        #[step(1, "Plain")]
        job(1, progress).await?;
        #[step(1, "Items ({})", name.len())]
        job(1, progress).await?;
        #[step(1, "Named: {count:>3} of {name}", count = 3)]
        job(1, progress).await?;
        #[step(1, "With an id {}", 1, id = "custom")]
        job(1, progress).await?;
        #[step(1, "{name}", id = "only_dynamic")]
        job(1, progress).await?;
        #[step(1, r#"Braces {{}} and "quotes" – {name}"#)]
        job(1, progress).await?;
        #[step(1, "Named by its let")]
        let _result = job(1, progress).await?;
        Ok(())
    }
);

#[test]
fn runs() {
    assert_eq!(run(make_titles("x", Progress::hidden())), Ok(()));
    let plan = make_titles_plan();
    assert_eq!((plan.name(), plan.title()), ("make_titles", "Make titles"));
    let steps: Vec<_> = plan.steps().iter().map(|step| (step.id(), step.title())).collect();
    assert_eq!(
        steps,
        [
            ("plain", "Plain"),
            ("items", "Items"),
            ("named", "Named"),
            ("custom", "With an id"),
            ("only_dynamic", "Only dynamic"),
            ("braces-and-quotes", "Braces {} and \"quotes\""),
            ("result", "Named by its let"),
        ]
    );
}
