//! The routes in front of runs: what each of them answers, what a stream says and when, what is kept and what is
//! forgotten, and who may cancel. All of it without a browser, most of it without a socket.

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
