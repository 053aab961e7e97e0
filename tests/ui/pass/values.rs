//! Loops whose `let` collects what their items give.

use std::collections::{BTreeMap, HashSet};

use progress_runtime::{Interrupted, Progress, workflow};

#[derive(Debug)]
struct Failed;

impl From<Interrupted> for Failed {
    fn from(_: Interrupted) -> Self {
        Self
    }
}

async fn job<T>(value: T, mut progress: Progress) -> Result<T, Failed> {
    progress.set_length(2);
    progress.inc(2);
    Ok(value)
}

trait Shape: Send {
    fn area(&self) -> u32;
}

impl Shape for u32 {
    fn area(&self) -> u32 {
        *self
    }
}

workflow!(
    async fn sequential(words: &[String], progress: Progress) -> Result<Vec<u32>, Failed> {
        #[step(1, "The type of a let")]
        let doubled: Vec<_> = for number in 0..3_usize {
            job(number * 2, progress).await?
        };
        assert_eq!(doubled, [0, 2, 4]);

        #[step(1, "Borrowed")]
        let borrowed: Vec<&str> = for word in words {
            job(word.as_str(), progress).await?
        };
        assert_eq!(borrowed.concat(), "onetwothree");

        #[step(1, "Trait objects")]
        let shapes: Vec<Box<dyn Shape>> = for number in 0..2_u32 {
            let boxed: Box<dyn Shape> = Box::new(job(number, progress).await?);
            boxed
        };
        assert_eq!(shapes.iter().map(|shape| shape.area()).sum::<u32>(), 1);

        #[step(1, "A map")]
        let mut by_length: BTreeMap<usize, &str> = for word in words {
            let length = word.len();
            #[step(1, "One")]
            let word = job(word, progress).await?;
            (length, word.as_str())
        };
        by_length.insert(9, "nine");
        assert_eq!(by_length.len(), 3);

        #[step(1, "Filtered")]
        let long: HashSet<_> = 'words: for word in words {
            if word.len() < 4 {
                continue;
            }
            for letter in word.chars() {
                if letter == 'x' {
                    continue 'words;
                }
            }
            job(word.clone(), progress).await?
        };
        assert!(long.contains("three"));

        #[step(1, "Ended early")]
        let few: Vec<_> = for number in [1, 2, 3] {
            if number == 3 {
                break;
            }
            job(number, progress).await?
        };
        assert_eq!(few, [1, 2]);

        #[step(1, "Results")]
        let kept: Vec<Result<u32, Failed>> = for number in [1_u32, 2] {
            job(number, progress).await
        };
        assert_eq!(kept.len(), 2);

        #[step(1, "A result")]
        let all: Result<Vec<u32>, Failed> = for number in [1_u32, 2] {
            job(number, progress).await
        };
        assert_eq!(all?, [1, 2]);

        #[step(1, "A step as the value")]
        let steps: Vec<u32> = for number in [1_u32, 2] {
            #[step(1, "Before")]
            let before = job(number, progress).await?;
            #[step(2, "Value")]
            job(before + number, progress).await?
        };

        #[step(1, "By the return type")]
        let inferred = for number in steps {
            job(number, progress).await?
        };
        Ok(inferred)
    }
);

workflow!(
    async fn concurrent(words: &[String], progress: Progress) -> Result<usize, Failed> {
        #[step(1, "At once")]
        #[concurrent(3)]
        let lengths: Vec<usize> = for word in words {
            if word.len() == 5 {
                continue;
            }
            job(word.len(), progress).await?
        };
        assert_eq!(lengths, [3, 3]);

        #[step(1, "With steps")]
        #[concurrent(2)]
        let names: Vec<&String> = for word in words {
            #[step(1, "One")]
            let word = job(word, progress).await?;
            #[step(1, "Two")]
            job(word, progress).await?
        };

        #[step(1, "In a branch")]
        #[parallel]
        let (sum, ()) = (
            #[step(1, "Group")]
            {
                #[step(1, "Numbers")]
                let numbers: Vec<usize> = for name in &names {
                    job(name.len(), progress).await?
                };
                numbers.into_iter().sum::<usize>()
            },
            #[step(1, "Other")]
            job((), progress).await?,
        );
        Ok(sum)
    }
);

fn sent<T: Send>(value: T) -> T {
    value
}

#[test]
fn runs() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let words = ["one", "two", "three"].map(str::to_owned);
    let all = runtime.block_on(sent(sequential(&words, Progress::hidden())));
    assert_eq!(all.expect("it goes well"), [2, 4]);
    let sum = runtime.block_on(sent(concurrent(&words, Progress::hidden())));
    assert_eq!(sum.expect("it goes well"), 11);
}
