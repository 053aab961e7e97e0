//! A service with the pages of jobs on the loopback interface.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum::Router;
use progress_axum::JobPages;
use progress_jobs::Jobs;
use tokio::task::JoinHandle;

/// The longest wait for an event; longer than anything takes on a slow machine.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Site {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Site {
    /// Serves jobs at `/jobs`, and at `/seen` without cancel and run again.
    pub fn open(jobs: Jobs) -> Self {
        let pages = JobPages::new(jobs);
        let app: Router =
            Router::new().merge(pages.router("/jobs")).merge(pages.read_only().router("/seen"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let server = tokio::spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, app).await.expect("it serves");
        });
        Self { address, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}
