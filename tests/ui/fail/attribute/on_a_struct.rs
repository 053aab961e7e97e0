#[progress_runtime::attr::workflow]
struct Flow;

fn main() {}
