//! Requests that another site's page has a browser send are refused.

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::answer::Refusal;

/// A middleware that refuses what another site's page has a browser send: 403 for a request that changes something and
/// does not come from a page of this same origin.
///
/// The cancel of [`Runs::router`](crate::Runs::router) is behind it already; put it before the forms of your own
/// that start workflows. It goes by `Sec-Fetch-Site`, and where a browser does not send that, by whether `Origin` names
/// the host that was asked (`Host`, or the `X-Forwarded-Host` of a proxy, which no other site's page can set).
/// Clients that are no browsers send neither, and pass; so do GET, HEAD and OPTIONS.
///
/// ```
/// use axum::{Router, middleware, routing::post};
///
/// let app: Router = Router::new()
///     .route("/start", post(async || "started"))
///     .layer(middleware::from_fn(progress_axum::refuse_cross_site));
/// ```
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_from_here(&request) {
        return next.run(request).await;
    }
    let text = "this request comes from a page of another site, which may not do that; \
                send it from a page of this one, or from a program";
    Refusal { status: StatusCode::FORBIDDEN, text: text.to_owned() }.into_response()
}

fn is_from_here(request: &Request) -> bool {
    let headers = request.headers();
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let Some((_, authority)) = origin else { return false };
    let asked = request.uri().authority().map(|authority| authority.as_str());
    asked.into_iter().chain(named(headers)).any(|host| host.eq_ignore_ascii_case(authority))
}

/// The hosts that the headers name.
fn named(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let forwarded = headers.get_all("x-forwarded-host").iter();
    let forwarded = forwarded.filter_map(|hosts| hosts.to_str().ok());
    host.into_iter().chain(forwarded.flat_map(|hosts| hosts.split(',').map(str::trim)))
}
