use progress_runtime::workflow;

struct Jobs;

impl Jobs {
    workflow!(
        async fn flow(&self) {}
    );
}

fn main() {}
