use progress_runtime::workflow;

workflow!();

fn main() {}
