//! The text format of the event stream: events, their names and their ids.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use progress_runtime::Snapshot;

/// The characters that a browser's `encodeURIComponent` escapes.
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

/// Begins each stream: a browser that loses the connection waits for two seconds before it
/// reconnects.
pub(crate) const RECONNECT_DELAY: Bytes = Bytes::from_static(b"retry: 2000\n\n");
/// Keeps the connection open. It is an event and not a comment, because pages cannot see comments
/// and so could not distinguish a quiet connection from a dead one.
pub(crate) const KEEP_ALIVE: Bytes = Bytes::from_static(b"event: alive\ndata: {}\n\n");
/// Announces that the server is shutting down.
pub(crate) const GOODBYE: Bytes = Bytes::from_static(b"event: bye\ndata: {}\n\n");

/// The event id that ends a stream of several runs once all of them have ended.
pub(crate) const ALL_ENDED_ID: &str = "over";
/// An event without data: a browser remembers its id and dispatches nothing.
pub(crate) const ALL_ENDED: Bytes = Bytes::from_static(b"id: over\n\n");

/// A snapshot as an event without a name.
pub(crate) fn snapshot(snapshot: &Snapshot) -> Bytes {
    state(&snapshot.run, snapshot.seq, &snapshot.to_json())
}

/// The JSON of a snapshot as an event without a name.
pub(crate) fn state(run: &str, seq: u64, json: &str) -> Bytes {
    let run = component(run);
    Bytes::from(format!("id: {run}:{seq}\ndata: {json}\n\n"))
}

/// A named event. Its data is one line, because JSON escapes line breaks.
pub(crate) fn event(name: &str, json: &str) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {json}\n\n"))
}

/// Encodes a run's id as a component of a URL or of an event id.
pub(crate) fn component(id: &str) -> String {
    utf8_percent_encode(id, COMPONENT).to_string()
}

/// Decodes a component of a URL.
pub(crate) fn decode_component(component: &str) -> String {
    percent_decode_str(component).decode_utf8_lossy().into_owned()
}

/// Splits the id of a snapshot's event into the run's id and the snapshot's sequence number.
pub(crate) fn parse_event_id(id: &str) -> Option<(String, u64)> {
    let (run, seq) = id.rsplit_once(':')?;
    Some((decode_component(run), seq.parse().ok()?))
}
