//! Other progress libraries, each configured to draw nothing. A module lacks the operations that
//! its library does not have.

pub mod atomic_progress;
pub mod headway;
pub mod indicatif;
pub mod kdam;
pub mod prodash;
pub mod progress_monitor;
pub mod progress_token;
pub mod sitrep;
pub mod tracing_indicatif;
pub mod watch;
