//! Protection against cross-site requests.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::ApiError;

/// Middleware that answers 403 to a state-changing request that a page of another site makes the
/// browser send.
///
/// [`Runs::router`](crate::Runs::router) protects its cancel route with it. Add it to your own
/// forms that start workflows.
///
/// It checks `Sec-Fetch-Site`. If the browser does not send that header, it compares `Origin` with
/// the host of the request: `Host`, or `X-Forwarded-Host` from a proxy, which a page of another
/// site cannot set. Clients other than browsers send neither header and pass, as do GET, HEAD and
/// OPTIONS requests.
///
/// ```
/// use axum::{Router, middleware, routing::post};
///
/// let app: Router = Router::new()
///     .route("/start", post(async || "started"))
///     .layer(middleware::from_fn(progress_axum::refuse_cross_site));
/// ```
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_same_site(&request) {
        return next.run(request).await;
    }
    let message = "this request comes from a page of another site, which may not do that; \
                   send it from a page of this one, or from a program";
    ApiError { status: StatusCode::FORBIDDEN, message: message.to_owned() }.into_response()
}

fn is_same_site(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let Some((_, authority)) = origin else { return false };
    let requested = request.uri().authority().map(|authority| authority.as_str());
    requested.into_iter().chain(hosts(headers)).any(|host| host.eq_ignore_ascii_case(authority))
}

/// The hosts that the headers name.
fn hosts(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let forwarded = headers.get_all("x-forwarded-host").iter();
    let forwarded = forwarded.filter_map(|hosts| hosts.to_str().ok());
    host.into_iter().chain(forwarded.flat_map(|hosts| hosts.split(',').map(str::trim)))
}
