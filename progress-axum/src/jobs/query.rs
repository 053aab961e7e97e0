//! The queries of the routes: which jobs a list contains, and what a stream sends.

use axum::http::StatusCode;
use progress_jobs::{JobFilter, JobState};

use crate::api::ApiError;
use crate::wire;

/// How many jobs a page of the list has, unless the query says otherwise, and at most.
const LIMIT: (u32, u32) = (20, 100);
/// How many jobs one stream sends at most.
const MAX_IDS: usize = 200;

/// Which jobs a list contains. An empty value is no filter, as a form sends it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ListQuery {
    kind: Option<String>,
    state: Option<JobState>,
    /// Empty for the jobs without a parent.
    parent: Option<String>,
    before: Option<String>,
    limit: u32,
}

/// What a stream sends: some jobs, and perhaps a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StreamQuery {
    pub(crate) ids: Vec<String>,
    pub(crate) list: Option<ListQuery>,
}

impl ListQuery {
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let mut list = Self::default();
        for (name, value) in pairs(query) {
            if !list.set(name, value)? {
                return Err(unknown(name));
            }
        }
        Ok(list)
    }

    /// Sets a filter. Returns `false` if there is none of that name.
    fn set(&mut self, name: &str, value: &str) -> Result<bool, ApiError> {
        let text = form_decoded(value);
        let given = (!text.is_empty()).then_some(text);
        match name {
            "kind" => self.kind = given,
            "state" => self.state = given.map(|name| state(&name)).transpose()?,
            "parent" | "roots" => {
                let parent = if name == "roots" { Some(String::new()) } else { given };
                if parent.is_some() && self.parent.is_some() {
                    return Err(refused("name one `parent`, or `roots`: not both".to_owned()));
                }
                self.parent = parent.or_else(|| self.parent.take());
            }
            "before" => self.before = given,
            "limit" => {
                let limit = given.map_or(Ok(LIMIT.0), |limit| limit.parse());
                self.limit = limit
                    .ok()
                    .filter(|limit| (1..=LIMIT.1).contains(limit))
                    .ok_or_else(|| refused(format!("`limit` is a number from 1 to {}", LIMIT.1)))?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The filter for one job more than the page has room for.
    pub(crate) fn filter(&self) -> JobFilter {
        let mut filter = JobFilter::new().limit(self.limit + 1);
        if let Some(kind) = &self.kind {
            filter = filter.kind(kind);
        }
        if let Some(state) = self.state {
            filter = filter.state(state);
        }
        if let Some(parent) = &self.parent {
            filter = filter.parent(parent);
        }
        if let Some(before) = &self.before {
            filter = filter.before(before);
        }
        filter
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit as usize
    }
}

impl Default for ListQuery {
    fn default() -> Self {
        Self { kind: None, state: None, parent: None, before: None, limit: LIMIT.0 }
    }
}

impl StreamQuery {
    pub(crate) fn parse(query: &str) -> Result<Self, ApiError> {
        let (mut ids, mut list, mut is_listed) = (Vec::new(), ListQuery::default(), false);
        for (name, value) in pairs(query) {
            match name {
                // A comma separates ids before they are decoded: within an id, it is `%2C`.
                "run" => {
                    for id in value.split(',').filter(|id| !id.is_empty()) {
                        let id = wire::decode_component(id);
                        if !ids.contains(&id) {
                            ids.push(id);
                        }
                    }
                }
                "list" => is_listed = true,
                _ if list.set(name, value)? => {}
                _ => return Err(unknown(name)),
            }
        }
        if ids.len() > MAX_IDS {
            return Err(refused(format!("one stream takes {MAX_IDS} jobs at most: open another")));
        }
        if !is_listed && list != ListQuery::default() {
            return Err(refused("filters are for the list: add `&list`".to_owned()));
        }
        if !is_listed && ids.is_empty() {
            let text = "name the jobs: events?run=ID or events?run=ID,ID; or ask for the list: \
                        events?list";
            return Err(refused(text.to_owned()));
        }
        Ok(Self { ids, list: is_listed.then_some(list) })
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a value as a form encodes it.
fn form_decoded(value: &str) -> String {
    wire::decode_component(&value.replace('+', " "))
}

fn state(name: &str) -> Result<JobState, ApiError> {
    JobState::all().find(|state| state.as_str() == name).ok_or_else(|| {
        let names: Vec<_> = JobState::all().map(JobState::as_str).collect();
        refused(format!("there is no state {name:?}: the states are {}", names.join(", ")))
    })
}

fn unknown(name: &str) -> ApiError {
    refused(format!(
        "there is no filter {name:?}: the filters are kind, state, parent, roots, before and limit"
    ))
}

fn refused(message: String) -> ApiError {
    ApiError { status: StatusCode::BAD_REQUEST, message }
}
