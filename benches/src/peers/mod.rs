//! The peers, each as it is used where nothing is drawn. What one cannot do is not there.

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
