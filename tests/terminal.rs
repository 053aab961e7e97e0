//! The display of a real program in a pseudo-terminal, read by a terminal emulator, and its output
//! in a pipe and in CI.

#![cfg(unix)]

#[path = "terminal/end.rs"]
mod end;
#[path = "terminal/frame.rs"]
mod frame;
#[path = "terminal/output.rs"]
mod output;
#[path = "terminal/pipe.rs"]
mod pipe;
#[path = "terminal/prompt.rs"]
mod prompt;
#[path = "terminal/signals.rs"]
mod signals;
#[path = "terminal/stage.rs"]
mod stage;
