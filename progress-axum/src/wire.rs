//! The event stream's own words: how an event, a name and an id are written.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use progress_runtime::Snapshot;

/// What the browser's `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// The first words of each stream: how long a browser waits before it comes back.
pub(crate) const PRELUDE: Bytes = Bytes::from_static(b"retry: 2000\n\n");
/// Keeps the connection open. An event rather than a comment, so that a page sees that the connection lives.
pub(crate) const ALIVE: Bytes = Bytes::from_static(b"event: alive\ndata: {}\n\n");
/// The server stops.
pub(crate) const BYE: Bytes = Bytes::from_static(b"event: bye\ndata: {}\n\n");

/// The id under which a stream of several runs says that all of them are over …
pub(crate) const OVER: &str = "over";
/// … which a browser keeps, though an event without data is told to nobody.
pub(crate) const ALL_OVER: Bytes = Bytes::from_static(b"id: over\n\n");

/// A snapshot as an event.
pub(crate) fn snapshot(snapshot: &Snapshot) -> Bytes {
    let (run, seq, json) = (component(&snapshot.run), snapshot.seq, snapshot.to_json());
    Bytes::from(format!("id: {run}:{seq}\ndata: {json}\n\n"))
}

/// An event with a name; its data is JSON, which has no line break in it.
pub(crate) fn event(name: &str, json: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {json}\n\n"))
}

/// A run's id as a part of a URL or of an event's id.
pub(crate) fn component(id: &str) -> String {
    utf8_percent_encode(id, COMPONENT).to_string()
}

/// What a part of a URL says.
pub(crate) fn decoded(component: &str) -> String {
    percent_decode_str(component).decode_utf8_lossy().into_owned()
}

/// The run and the number in the id of an event that a browser got last.
pub(crate) fn last_seen(id: &str) -> Option<(String, u64)> {
    let (run, seq) = id.rsplit_once(':')?;
    Some((decoded(run), seq.parse().ok()?))
}
