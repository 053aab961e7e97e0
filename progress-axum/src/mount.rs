//! How routes are mounted below a base, and how a page finds them.

use axum::Router;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{MethodRouter, get};

use crate::asset::Asset;

const X_CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");
/// The header in which a browser that reconnects names the last event that it has received.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A router of the routes below `base`, each with and without a slash at the end.
pub(crate) fn mount<S, T>(
    base: &str,
    routes: impl IntoIterator<Item = (&'static str, MethodRouter<T>)>,
    state: T,
) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let base = base.trim_end_matches('/');
    let mut router = Router::new();
    for (path, route) in routes {
        let path = format!("{base}{path}");
        if !path.is_empty() {
            router = router.route(&path, route.clone());
        }
        router = router.route(&format!("{path}/"), route);
    }
    router.layer(map_response(forbid_sniffing)).with_state(state)
}

/// Makes browsers trust the declared content type instead of guessing one.
async fn forbid_sniffing(mut response: Response) -> Response {
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// The route of a static file.
pub(crate) fn asset<T>(asset: Asset) -> MethodRouter<T>
where
    T: Clone + Send + Sync + 'static,
{
    get(move |headers: HeaderMap| async move { asset.respond(&headers) })
}

/// The URL of the routes, relative to the page of the list.
///
/// A browser resolves a relative URL against the last slash. So on `/workflows` the routes are
/// below `./workflows`, and on `/workflows/` below `.`.
pub(crate) fn base_of_list(uri: &Uri) -> String {
    match uri.path().rsplit('/').next() {
        None | Some("") => ".".to_owned(),
        Some(last) => format!("./{last}"),
    }
}

/// The URL of the routes, relative to a page below `view/`.
pub(crate) fn base_of_view(uri: &Uri) -> &'static str {
    if uri.path().ends_with('/') { "../.." } else { ".." }
}
