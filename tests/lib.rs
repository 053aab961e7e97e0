//! Runs the code of the README and of the guide to logging as doctests.

#![doc = include_str!("../README.md")]
#![doc = include_str!("../progress-runtime/src/reporter/terminal/logging.md")]
