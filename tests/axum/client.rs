//! A client of the routes, which parses answers and, strictly, event streams.

#![allow(dead_code, reason = "each test uses its own part")]

use axum::Router;
use axum::body::{Body, BodyDataStream, Bytes, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use futures::{FutureExt, StreamExt};
use progress_runtime::Snapshot;
use serde_json::Value;
use tower::ServiceExt;

/// A complete response.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json");
        serde_json::from_str(&self.body).unwrap()
    }

    /// The events of a stream that has closed.
    pub fn events(&self) -> Vec<Event> {
        self.body.split_terminator("\n\n").map(Event::parse).collect()
    }

    /// The error text of an answer in JSON.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }
}

pub fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path).header("host", "shown.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

pub async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answer { status: head.status, headers: head.headers, body }
}

pub async fn get(app: &Router, path: &str) -> Answer {
    send(app, request(Method::GET, path, &[])).await
}

pub async fn post(app: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(app, request(Method::POST, path, headers)).await
}

/// Opens an event stream.
pub async fn events(app: &Router, path: &str) -> Events {
    let response = app.clone().oneshot(request(Method::GET, path, &[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name| response.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-cache, no-transform");
    assert_eq!(header("x-accel-buffering"), "no");
    let mut events = Events { body: response.into_body().into_data_stream(), text: String::new() };
    let first = events.next().await.unwrap();
    assert_eq!(first, Event { retry: Some("2000".to_owned()), ..Event::default() });
    events
}

/// Opens an event stream as a browser that reconnects, and reads it to its end.
pub async fn resumed(app: &Router, path: &str, last: &str) -> Answer {
    send(app, request(Method::GET, path, &[("last-event-id", last)])).await
}

/// An event stream.
pub struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = Event::parse(event);
                self.text = rest.to_owned();
                return Some(event);
            }
            match self.chunk().await {
                Some(chunk) => self.text.push_str(str::from_utf8(&chunk).unwrap()),
                None => {
                    assert_eq!(self.text, "", "the stream ends within an event");
                    return None;
                }
            }
        }
    }

    /// The next snapshot.
    pub async fn snapshot(&mut self) -> Snapshot {
        self.next().await.expect("the stream goes on").snapshot()
    }

    /// The next list.
    pub async fn list(&mut self) -> Value {
        let event = self.next().await.expect("the stream goes on");
        assert_eq!((event.name.as_deref(), &event.id), (Some("runs"), &None));
        serde_json::from_str(&event.data.unwrap()).unwrap()
    }

    /// The next event, if it is ready.
    pub fn ready(&mut self) -> Option<Event> {
        self.next().now_or_never().map(|event| event.expect("the stream goes on"))
    }

    /// The next piece of the body. The server counts it as in flight while the caller holds it.
    pub async fn chunk(&mut self) -> Option<Bytes> {
        Some(self.body.next().await?.unwrap())
    }

    /// All remaining events.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut rest = Vec::new();
        while let Some(event) = self.next().await {
            rest.push(event);
        }
        rest
    }
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub name: Option<String>,
    pub data: Option<String>,
    pub retry: Option<String>,
}

impl Event {
    /// Parses an event: known fields, each once, a space after the colon, no comments.
    pub fn parse(text: &str) -> Self {
        let mut event = Self::default();
        assert!(!text.contains('\r') && !text.is_empty(), "{text:?}");
        for line in text.split('\n') {
            let (field, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
            let value_of = match field {
                "id" => &mut event.id,
                "event" => &mut event.name,
                "data" => &mut event.data,
                "retry" => &mut event.retry,
                _ => panic!("there is no field {field:?}"),
            };
            assert_eq!(value_of.replace(value.to_owned()), None, "{text:?}");
        }
        event
    }

    /// The snapshot in an event without a name, which must have the id of that snapshot.
    pub fn snapshot(&self) -> Snapshot {
        assert_eq!((&self.name, &self.retry), (&None, &None), "{self:?}");
        let snapshot: Snapshot = serde_json::from_str(self.data.as_ref().unwrap()).unwrap();
        let (run, seq) = self.id.as_ref().unwrap().rsplit_once(':').unwrap();
        assert!(seq == snapshot.seq.to_string());
        if run.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            assert_eq!(run, snapshot.run);
        }
        snapshot
    }

    pub fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}
