//! The time that the stages take by themselves, outside the compiler. The benches print it:
//! `cargo run --release -p benches -- compile`.

use super::{expand, parsed};
use crate::diagnostics::Audience;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

fn workflow_of(steps: usize) -> String {
    let mut body = String::new();
    for number in 0..steps {
        let next = number + 1;
        writeln!(
            body,
            "#[step(1, \"Step {number}\")] let v{next} = job(v{number}, progress).await?;"
        )
        .expect("a string takes everything");
    }
    format!(
        "async fn work(v0: u64, progress: Progress) -> Result<u64, Interrupted> {{
            {body}
            Ok(v{steps})
        }}"
    )
}

#[test]
#[ignore = "it measures"]
fn time_of_an_expansion() {
    // The test harness may have begun a line.
    println!();
    for steps in [10, 30, 100] {
        let source = parsed(&workflow_of(steps));
        print!("nanoseconds for {steps} steps:");
        for _ in 0..201 {
            let source = source.clone();
            let start = Instant::now();
            black_box(expand(&source, Audience::Compiler));
            print!(" {}", start.elapsed().as_nanos());
        }
        println!();
    }
}
