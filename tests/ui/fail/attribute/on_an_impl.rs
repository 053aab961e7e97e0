struct Flow;

#[progress_runtime::attr::workflow]
impl Flow {}

fn main() {}
