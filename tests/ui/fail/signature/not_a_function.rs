use progress_runtime::workflow;

workflow!(
    struct Jobs;
);

fn main() {}
