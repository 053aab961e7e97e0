//! Receivers, generics, patterns and return types of an `async fn`.

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

#[derive(Clone, Default)]
struct Jobs {
    count: u32,
}

impl Jobs {
    workflow!(
        /// Borrows.
        pub(crate) async fn by_reference(
            &self,
            name: &str,
            progress: Progress,
        ) -> Result<u32, String> {
            #[step(1, "Working for {name}")]
            job(self.count, progress).await
        }

        async fn by_mutable_reference(&mut self, progress: Progress) -> Result<&mut u32, String> {
            #[step(1, "Working")]
            let add = job(1, progress).await?;
            self.count += add;
            Ok(&mut self.count)
        }

        async fn by_value(mut self, progress: Progress) -> Self {
            #[step(1, "Working")]
            let add = job(1, progress).await.unwrap_or(0);
            self.count += add;
            self
        }

        async fn boxed(self: Box<Self>, progress: Progress) -> u32 {
            #[step(1, "Working")]
            job(self.count, progress).await.unwrap_or(0)
        }

        async fn associated(progress: Progress) -> Option<Self> {
            #[step(1, "Working")]
            let count = job(1, progress).await.ok()?;
            Some(Self { count })
        }

        pub async fn without_self(count: u32, progress: Progress) -> Result<u32, String> {
            #[step(1, "Working")]
            job(count, progress).await
        }
    );
}

workflow! {
    pub async fn generic<'a, T, const N: usize>(
        values: [T; N],
        names: impl Iterator<Item = &'a str>,
        (left, mut right): (u32, u32),
        mut total: u32,
        _: u8,
        _unused: u8,
        progress: Progress,
    ) -> Result<(Vec<T>, u32), String>
    where
        T: Clone + 'a,
    {
        #[step(1, "Working on {N} values")]
        let values = job(values, progress).await?;
        #[step(1, "Counting")]
        for name in names.collect::<Vec<_>>() {
            job(name, progress).await?;
            total += 1;
        }
        right += left;
        Ok((values.to_vec(), total + right))
    }

    async fn opaque(progress: Progress) -> Result<impl Iterator<Item = u32>, String> {
        #[step(1, "Working")]
        let end = job(3, progress).await?;
        Ok(0..end)
    }

    async fn wholly_opaque(progress: Progress) -> impl std::fmt::Display {
        #[step(1, "Working")]
        let shown = job(3, progress).await.unwrap_or(2);
        shown
    }

    async fn no_value(progress: Progress) {
        #[step(1, "Working")]
        let _ = job(3, progress).await;
    }

    async fn other_name(share: Progress) -> bool {
        #[step(1, "Working")]
        let done = job(true, share).await;
        done == Ok(true)
    }

    #[allow(clippy::unused_async)]
    #[cfg(not(windows))]
    #[must_use]
    async fn with_attributes(progress: Progress) -> u8 {
        #![allow(unused_variables)]
        #[step(1, "Working")]
        let unused = job(1, progress).await;
        let unused_too = 1;
        3
    }
}

workflow!(
    async fn option_of_a_reference<'a>(items: &'a [u8], progress: Progress) -> Option<&'a u8> {
        #[step(1, "Working")]
        let _ = job(1, progress).await;
        items.first()
    }
);

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn runs() {
    let mut jobs = Jobs::default();
    assert_eq!(run(jobs.by_mutable_reference(Progress::hidden())), Ok(&mut 1));
    assert_eq!(run(jobs.by_reference("x", Progress::hidden())), Ok(1));
    assert_eq!(run(jobs.clone().by_value(Progress::hidden())).count, 2);
    assert_eq!(run(Box::new(jobs).boxed(Progress::hidden())), 1);
    assert_eq!(run(Jobs::associated(Progress::hidden())).map(|jobs| jobs.count), Some(1));
    assert_eq!(run(Jobs::without_self(3, Progress::hidden())), Ok(3));
    assert_eq!(Jobs::without_self_plan().steps().len(), 1);
    let values = generic(["a"; 2], ["x", "y"].into_iter(), (1, 2), 3, 4, 5, Progress::hidden());
    assert_eq!(run(assert_send(values)), Ok((vec!["a"; 2], 8)));
    assert_eq!(run(opaque(Progress::hidden())).map(Iterator::sum), Ok(3));
    assert_eq!(run(wholly_opaque(Progress::hidden())).to_string(), "3");
    run(no_value(Progress::hidden()));
    assert!(run(other_name(Progress::hidden())));
    assert_eq!(run(with_attributes(Progress::hidden())), 3);
    assert_eq!(run(option_of_a_reference(&[3], Progress::hidden())), Some(&3));
}
