//! The vectors, runs without sense, and what a look costs.

mod replay;
mod senseless;
mod vectors;
