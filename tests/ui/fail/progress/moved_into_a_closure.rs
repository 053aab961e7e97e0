use progress_runtime::{Progress, workflow};

fn each(mut call: impl FnMut(u32)) {
    call(1);
    call(2);
}

workflow!(
    async fn flow(progress: Progress) -> Result<(), String> {
        #[step(1, "First")]
        each(|_| drop(progress));
        Ok(())
    }
);

fn main() {}
