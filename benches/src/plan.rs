//! Describes a benchmark before it is measured: sections of rows, each with its targets.

use crate::measure::{Figure, Sampling, Work};

/// Rows to compare with each other.
pub struct Section {
    pub name: String,
    pub unit: Unit,
    pub sampling: Sampling,
    pub rows: Vec<PlannedRow>,
}

/// A row before it is measured.
pub struct PlannedRow {
    pub name: String,
    pub role: Role,
    pub targets: Vec<Target>,
    pub source: Source,
}

/// A row and its figure.
pub struct MeasuredRow {
    pub name: String,
    pub role: Role,
    pub targets: Vec<Target>,
    pub figure: Figure,
}

/// The origin of a row's figure.
pub enum Source {
    /// Samples of an operation. The function creates the operation, possibly several times.
    Timed(Box<dyn Fn() -> Work>),
    /// A function that returns the figure.
    Computed(Box<dyn FnOnce() -> Figure>),
}

/// The kind of code that a row measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The minimum that the machine needs.
    Limit,
    /// `progress-runtime`.
    Own,
    /// Another library.
    Peer,
}

/// The unit of a figure.
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

/// An upper bound for a figure.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A constant, in the section's unit.
    AtMost(f64),
    /// A multiple of another row.
    Times(f64, &'static str),
    /// Another row plus a constant.
    More(f64, &'static str),
    /// The fastest peer.
    Peers,
}

impl Section {
    pub fn new(name: impl Into<String>, unit: Unit) -> Self {
        Self { name: name.into(), unit, sampling: Sampling::default(), rows: Vec::new() }
    }

    /// A section of times in nanoseconds.
    pub fn timed(name: impl Into<String>) -> Self {
        Self::new(name, Unit::Nanoseconds)
    }

    pub fn sampling(self, sampling: Sampling) -> Self {
        Self { sampling, ..self }
    }

    /// Adds an operation that shows the limit of the machine.
    pub fn limit(self, name: impl Into<String>, make: impl Fn() -> Work + 'static) -> Self {
        self.row(Role::Limit, name, &[], Source::Timed(Box::new(make)))
    }

    /// Adds an operation of `progress-runtime`.
    pub fn own(
        self,
        name: impl Into<String>,
        targets: &[Target],
        make: impl Fn() -> Work + 'static,
    ) -> Self {
        self.row(Role::Own, name, targets, Source::Timed(Box::new(make)))
    }

    /// Adds an operation of another library.
    pub fn peer(self, name: impl Into<String>, make: impl Fn() -> Work + 'static) -> Self {
        self.row(Role::Peer, name, &[], Source::Timed(Box::new(make)))
    }

    /// Adds a row whose figure a function computes.
    pub fn computed(
        self,
        role: Role,
        name: impl Into<String>,
        targets: &[Target],
        figure: impl FnOnce() -> Figure + 'static,
    ) -> Self {
        self.row(role, name, targets, Source::Computed(Box::new(figure)))
    }

    /// Adds a row whose figure does not vary.
    pub fn exact(
        self,
        role: Role,
        name: impl Into<String>,
        targets: &[Target],
        value: impl FnOnce() -> f64 + 'static,
    ) -> Self {
        self.computed(role, name, targets, || Figure::exact(value()))
    }

    fn row(
        mut self,
        role: Role,
        name: impl Into<String>,
        targets: &[Target],
        source: Source,
    ) -> Self {
        self.rows.push(PlannedRow { name: name.into(), role, targets: targets.to_vec(), source });
        self
    }

    /// Measures all rows.
    pub fn measure(self) -> Vec<MeasuredRow> {
        let mut operations = Vec::new();
        let mut rows = Vec::new();
        for PlannedRow { name, role, targets, source } in self.rows {
            let computed = match source {
                Source::Computed(figure) => Some(figure()),
                Source::Timed(make) => {
                    operations.push(self.sampling.prepare(&make));
                    None
                }
            };
            rows.push((name, role, targets, computed));
        }
        let mut timed = self.sampling.measure(&mut operations).into_iter();
        rows.into_iter()
            .map(|(name, role, targets, computed)| {
                let figure = computed.or_else(|| timed.next());
                let figure = figure.expect("each operation has a figure");
                MeasuredRow { name, role, targets, figure }
            })
            .collect()
    }
}
