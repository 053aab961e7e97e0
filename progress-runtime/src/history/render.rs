//! Renders measured weights as a table and as a diff.

use super::measured::{Measured, MeasuredList};
use crate::table::table;
use crate::text::{self, MAX_MESSAGE};

impl Measured {
    /// Renders the weights as plain text in columns: the path, the title, the declared and the
    /// measured weight, and the share in the time of the list. A list that was not measured has
    /// `-`. [`Plan::measured`](crate::plan::Plan::measured) shows an example.
    pub fn to_table(&self) -> String {
        let mut rows = vec![["path", "title", "declared", "measured", "time"].map(str::to_owned)];
        for step in self.lists().iter().flat_map(MeasuredList::steps) {
            let measured = step.measured().map(|weight| weight.to_string());
            let share = step.share().map(|share| format!("{:.1}%", share * 100.0));
            rows.push([
                step.path().to_owned(),
                text::clean(step.step().title(), MAX_MESSAGE).trim().to_owned(),
                step.step().weight().to_string(),
                measured.unwrap_or_else(|| "-".to_owned()),
                share.unwrap_or_else(|| "-".to_owned()),
            ]);
        }
        table(&rows, 2..5)
    }

    /// Renders the changes to the source: for each step whose weight or percent range changes, the
    /// attribute as it stands and as it should be. It is empty if nothing changes, or if there are
    /// fewer than three runs.
    ///
    /// A plan knows a title up to its first placeholder, so that is what the attribute shows.
    pub fn to_diff(&self) -> String {
        let mut diff = String::new();
        for list in self.lists() {
            let mut shares = Attributes::of(list);
            for step in list.steps() {
                let Some(measured) = step.measured() else { continue };
                let (old, new) = shares.next(step.step().weight(), measured);
                if old != new {
                    let path = step.path();
                    let title = literal(step.step().title());
                    diff.push_str(&format!(
                        "@@ {path} @@\n-#[step({old}, {title})]\n+#[step({new}, {title})]\n"
                    ));
                }
            }
        }
        diff
    }
}

/// How the shares of a list are written: as weights, or as percents from an end to the next.
struct Attributes {
    has_ranges: bool,
    declared: u64,
    measured: u64,
}

impl Attributes {
    fn of(list: &MeasuredList) -> Self {
        let head = u64::from(list.head);
        Self { has_ranges: list.has_ranges, declared: head, measured: head }
    }

    /// The next share as it stands, and as it should be.
    fn next(&mut self, declared: u32, measured: u32) -> (String, String) {
        if !self.has_ranges {
            return (declared.to_string(), measured.to_string());
        }
        let range = |end: &mut u64, weight| {
            let start = std::mem::replace(end, *end + u64::from(weight));
            format!("{start}..{end}")
        };
        (range(&mut self.declared, declared), range(&mut self.measured, measured))
    }
}

/// The title as a literal of the source.
fn literal(title: &str) -> String {
    format!("{:?}", title.replace('{', "{{").replace('}', "}}"))
}
