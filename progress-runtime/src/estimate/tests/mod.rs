//! The vectors, workflows that take over a share, runs without sense, and what a look costs.

mod cost;
mod replay;
mod senseless;
mod take_over;
mod vectors;
