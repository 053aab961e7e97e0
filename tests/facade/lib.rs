//! Only re-exports the runtime.

pub mod progress {
    pub use progress_runtime::*;
}
