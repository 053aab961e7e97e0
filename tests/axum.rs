//! The routes of `progress-axum`: their answers, their event streams, how long ended runs are kept,
//! and cancelling. These tests need no browser, and most of them no socket.

#[path = "axum/cancel.rs"]
mod cancel;
#[path = "axum/client.rs"]
mod client;
#[path = "axum/limits.rs"]
mod limits;
#[path = "axum/lists.rs"]
mod lists;
#[path = "axum/routes.rs"]
mod routes;
#[path = "axum/sockets.rs"]
mod sockets;
#[path = "axum/streams.rs"]
mod streams;
#[path = "axum/work.rs"]
mod work;
