//! The runtime as its users see it: workflows, runs, reporters and sub-jobs through the public API.

mod adapters;
mod behaviours;
mod cases;
mod concurrency;
mod future_size;
mod invariants;
mod jobs;
mod logs;
mod regressions;
mod reporters;
mod spans;
mod support;
mod worked_example;
