//! Only re-exports the runtime.

/// The runtime, at a path of this crate.
pub mod progress {
    pub use progress_runtime::*;
}
