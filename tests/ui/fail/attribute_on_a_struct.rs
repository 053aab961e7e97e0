use progress_runtime::{Progress, workflow};

async fn job(_: Progress) -> Result<u32, String> {
    Ok(1)
}

#[progress_runtime::attr::workflow]
struct Flow;

fn main() {}
