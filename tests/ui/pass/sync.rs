//! Workflows that are no `async fn`.

use std::error::Error;
use std::fmt::Display;

use progress_runtime::backon::ConstantBuilder;
use progress_runtime::{Interrupted, Progress, attr, workflow};

fn job<T>(value: T, mut progress: Progress) -> Result<T, Interrupted> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

fn plain(mut progress: Progress) {
    progress.set_fraction(0.5);
}

workflow!(
    /// Has a statement of each kind.
    #[total(13)]
    fn kinds(found: Option<u32>, progress: Progress) -> Result<u32, Interrupted> {
        #[step(1, "An expression")]
        job(1, progress)?;

        #[step(1, "A value that is kept as it is")]
        let kept = job(4, progress);

        #[step(1, "A let that may not match", id = "refutable")]
        let Some(found) = job(found, progress)? else {
            return Ok(0);
        };

        #[step(1, "A trait object")]
        let shown: Box<dyn Display> = Box::new(job(found, progress)?);

        #[step(1, "An if")]
        #[skip("{shown} is too few")]
        if found > 3 {
            job((), progress)?;
        }

        #[step(1, "A match")]
        let matched = match found {
            0 => 0,
            few if few < 10 => job(few, progress)?,
            _ => 9,
        };

        #[step(1, "A for")]
        'items: for item in 0..3 {
            if item == 1 {
                continue 'items;
            }
            job(item, progress)?;
        }

        #[step(1, "Values")]
        let values: Vec<_> = for item in [1, 2, 3] {
            #[step(3, "Analysis")]
            let plan = job(item, progress)?;
            #[step(1, "Applying")]
            if plan > 1 {
                job(plan, progress)?;
            }
            plan
        };

        #[step(1, "A group")]
        let grouped = {
            #[step(1, "First")]
            let first = job(1, progress)?;
            #[step(2, "Second")]
            job(first, progress)?
        };

        #[step(1, "A loop by hand")]
        while progress.fraction_is_low() {
            progress.set_fraction(1.0);
        }

        #[step(1, "Untracked")]
        #[untracked]
        let sum = values.iter().sum::<u32>();

        #[step(1, "Again")]
        #[retry(ConstantBuilder::default(), when = |error| *error == Interrupted::TimedOut)]
        let again = job(sum, progress)?;

        #[step(1, "To its end")]
        #[uncancellable]
        job(again + matched + grouped + kept?, progress)
    }
);

trait Low {
    fn fraction_is_low(&self) -> bool;
}

impl Low for Progress {
    fn fraction_is_low(&self) -> bool {
        false
    }
}

workflow!(
    fn without_result((first, mut second): (&str, String), progress: Progress) -> usize {
        second.push_str(first);
        #[step(1, "Plain")]
        plain(progress);
        second.len()
    }

    fn opaque<'a>(words: &'a [&'a str], progress: Progress) -> impl Iterator<Item = &'a str> {
        #[step(1, "Plain")]
        plain(progress);
        words.iter().copied()
    }

    fn taken<'a, T: Display>(list: &'a mut [T], progress: Progress) -> Option<&'a mut T> {
        #[step(1, "Plain")]
        plain(progress);
        list.first_mut()
    }

    fn boxed(progress: Progress) -> Result<(), Box<dyn Error + Send + Sync>> {
        #[step(1, "Failing")]
        let failed: Result<u32, std::num::ParseIntError> = {
            drop(progress);
            "x".parse()
        };
        #[step(1, "Parsing")]
        #[untracked]
        let number: u32 = "7".parse()?;
        assert!(failed.is_err() && number == 7);
        Ok(())
    }
);

struct Store(u32);

impl Store {
    workflow!(
        /// A method.
        fn scan(&mut self, progress: Progress) -> Result<u32, Interrupted> {
            #[step(1, "Scanning")]
            self.add(progress)?;
            #[step(1, "Reading")]
            job(self.0, progress)
        }
    );

    fn add(&mut self, progress: Progress) -> Result<(), Interrupted> {
        self.0 += 1;
        job((), progress)
    }
}

/// Under the attribute.
#[attr::workflow]
fn attribute(progress: Progress) -> Result<(), Interrupted> {
    #[step(1, "Working")]
    job((), progress)?;
    Ok(())
}

#[test]
fn runs() {
    let hidden = Progress::hidden;
    assert_eq!(kinds(Some(4), hidden()), Ok(6 + 4 + 1 + 4));
    assert_eq!(without_result(("a", "b".to_owned()), hidden()), 2);
    assert_eq!(opaque(&["a", "b"], hidden()).count(), 2);
    assert_eq!(taken(&mut [1, 2], hidden()), Some(&mut 1));
    boxed(hidden()).expect("it goes well");
    let mut store = Store(1);
    assert_eq!(store.scan(hidden()), Ok(2));
    assert_eq!(attribute(hidden()), Ok(()));
}
