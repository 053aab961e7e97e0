//! What a benchmark is to measure: sections of rows, each with what the figure is held against.

use crate::measure::{Figure, Sampling, Work};

/// The rows of one operation, measured in the same run.
pub struct Section {
    pub name: String,
    pub unit: Unit,
    pub sampling: Sampling,
    pub rows: Vec<Planned>,
}

/// A row before it is measured.
pub struct Planned {
    pub name: String,
    pub role: Role,
    pub targets: Vec<Target>,
    pub source: Source,
}

/// How a row gets its figure.
pub enum Source {
    /// By samples of an operation, which is made first, and more than once where it is short.
    Timed(Box<dyn Fn() -> Work>),
    /// At once.
    Known(Box<dyn FnOnce() -> Figure>),
}

/// What a row is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What the machine needs at least.
    Limit,
    Own,
    Peer,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    Nanoseconds,
    Seconds,
    Bytes,
    Allocations,
    Instructions,
    Count,
}

/// What a figure must not be above.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// That much, in the section's unit.
    AtMost(f64),
    /// So many times another row.
    Times(f64, &'static str),
    /// So much more than another row.
    More(f64, &'static str),
    /// Each of the peers.
    Peers,
}

impl Section {
    pub fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, sampling: Sampling::default(), rows: Vec::new() }
    }

    /// A section of times.
    pub fn timed(name: impl Into<String>) -> Self {
        Self::new(name, Unit::Nanoseconds)
    }

    pub fn sampled(self, sampling: Sampling) -> Self {
        Self { sampling, ..self }
    }

    pub fn limit(self, name: impl Into<String>, make: impl Fn() -> Work + 'static) -> Self {
        self.row(Role::Limit, name, &[], Source::Timed(Box::new(make)))
    }

    pub fn own(
        self,
        name: impl Into<String>,
        targets: &[Target],
        make: impl Fn() -> Work + 'static,
    ) -> Self {
        self.row(Role::Own, name, targets, Source::Timed(Box::new(make)))
    }

    pub fn peer(self, name: impl Into<String>, make: impl Fn() -> Work + 'static) -> Self {
        self.row(Role::Peer, name, &[], Source::Timed(Box::new(make)))
    }

    /// A row whose figure is not a time.
    pub fn known(
        self,
        role: Role,
        name: impl Into<String>,
        targets: &[Target],
        figure: impl FnOnce() -> Figure + 'static,
    ) -> Self {
        self.row(role, name, targets, Source::Known(Box::new(figure)))
    }

    fn row(
        mut self,
        role: Role,
        name: impl Into<String>,
        targets: &[Target],
        source: Source,
    ) -> Self {
        self.rows.push(Planned { name: name.into(), role, targets: targets.to_vec(), source });
        self
    }

    /// The figures of all rows.
    pub fn measure(self) -> Vec<(String, Role, Vec<Target>, Figure)> {
        let mut operations = Vec::new();
        let mut rows = Vec::new();
        for Planned { name, role, targets, source } in self.rows {
            let figure = match source {
                Source::Known(figure) => Some(figure()),
                Source::Timed(make) => {
                    operations.push(self.sampling.prepare(&make));
                    None
                }
            };
            rows.push((name, role, targets, figure));
        }
        let mut figures = self.sampling.measure(&mut operations).into_iter();
        rows.into_iter()
            .map(|(name, role, targets, known)| {
                let figure = known.or_else(|| figures.next());
                (name, role, targets, figure.expect("each operation has a figure"))
            })
            .collect()
    }
}
