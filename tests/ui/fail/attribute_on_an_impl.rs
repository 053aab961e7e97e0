use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

struct Flow;

#[progress_runtime::attr::workflow]
impl Flow {}

fn main() {}
