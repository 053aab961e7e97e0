//! Code of the documentation that needs more than the crates themselves.

#![doc = include_str!("../README.md")]
#![doc = include_str!("../progress-runtime/src/reporter/terminal/logging.md")]
