//! What a benchmark has measured, and whether it is what it should be.

use std::fmt;

use crate::measure::Figure;
use crate::plan::{Role, Section, Target, Unit};

/// What one benchmark has measured.
#[derive(Debug, serde::Serialize)]
pub struct Table {
    pub name: &'static str,
    pub sections: Vec<Measured>,
}

/// The rows of one operation.
#[derive(Debug, serde::Serialize)]
pub struct Measured {
    pub name: String,
    pub unit: Unit,
    pub rows: Vec<Row>,
}

#[derive(Debug, serde::Serialize)]
pub struct Row {
    pub name: String,
    pub role: Role,
    #[serde(flatten)]
    pub figure: Figure,
    /// That many times the first limit of the section.
    pub times_limit: Option<f64>,
    /// That many times the first of our own rows.
    pub times_own: Option<f64>,
    pub targets: Vec<Verdict>,
}

/// A target, and whether it is met.
#[derive(Debug, serde::Serialize)]
pub struct Verdict {
    pub target: String,
    pub at_most: f64,
    pub met: bool,
}

impl Measured {
    /// Measures a section.
    pub fn new(section: Section) -> Self {
        let (name, unit) = (section.name.clone(), section.unit);
        let measured = section.measure();
        let first = |role: Role| {
            let row = measured.iter().find(|(_, of, _, _)| *of == role);
            row.map(|(_, _, _, figure)| figure.median).filter(|median| *median > 0.0)
        };
        let (limit, own) = (first(Role::Limit), first(Role::Own));
        let row = |(name, role, targets, figure): &(String, Role, Vec<Target>, Figure)| Row {
            name: name.clone(),
            role: *role,
            figure: *figure,
            times_limit: limit.map(|limit| figure.median / limit),
            times_own: own.map(|own| figure.median / own),
            targets: targets
                .iter()
                .map(|target| verdict(*target, figure.median, unit, &measured))
                .collect(),
        };
        Self { name, unit, rows: measured.iter().map(row).collect() }
    }
}

fn verdict(
    target: Target,
    value: f64,
    unit: Unit,
    rows: &[(String, Role, Vec<Target>, Figure)],
) -> Verdict {
    let median = |name: &str| {
        let row = rows.iter().find(|(row, _, _, _)| row == name);
        row.unwrap_or_else(|| panic!("there is a row `{name}`")).3.median
    };
    let (at_most, target) = match target {
        Target::AtMost(bound) => (bound, format!("≤ {}", unit.show(bound))),
        Target::Times(times, row) => (times * median(row), format!("≤ {times} × {row}")),
        Target::More(more, row) => (median(row) + more, format!("≤ {} + {row}", unit.show(more))),
        Target::Peers => {
            let peers = rows.iter().filter(|(_, role, _, _)| *role == Role::Peer);
            let fastest = peers.min_by(|one, other| one.3.median.total_cmp(&other.3.median));
            let (name, _, _, figure) = fastest.expect("there is a peer");
            (figure.median, format!("below every peer ({name})"))
        }
    };
    Verdict { target, at_most, met: value <= at_most }
}

impl Unit {
    /// A figure as a person reads it.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Nanoseconds if value < 100.0 => format!("{value:.2} ns"),
            Self::Nanoseconds if value < 1e3 => format!("{value:.0} ns"),
            Self::Nanoseconds if value < 1e6 => format!("{:.2} µs", value / 1e3),
            Self::Nanoseconds => format!("{:.2} ms", value / 1e6),
            Self::Seconds if value < 1.0 => format!("{:.1} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
            Self::Bytes => format!("{value:.0} B"),
            Self::Allocations | Self::Count if value.fract() == 0.0 => format!("{value:.0}"),
            Self::Allocations | Self::Instructions | Self::Count => format!("{value:.1}"),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Nanoseconds | Self::Seconds => "time",
            Self::Bytes => "bytes",
            Self::Allocations => "allocations",
            Self::Instructions => "instructions",
            Self::Count => "number",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {}", self.name)?;
        let names = self.sections.iter().flat_map(|section| &section.rows).map(|row| &row.name);
        let titles = self.sections.iter().map(|section| section.name.chars().count());
        let width = names.map(|name| name.chars().count() + 2).chain(titles).max().unwrap_or(0);
        for section in &self.sections {
            section.show(f, width)?;
        }
        Ok(())
    }
}

impl Measured {
    fn show(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
        let (name, unit) = (&self.name, self.unit.title());
        writeln!(
            f,
            "\n{name:width$}  {unit:>12}  {:>10}  {:>9}  {:>9}",
            "spread", "× limit", "× own"
        )?;
        for row in &self.rows {
            let ratio =
                |ratio: Option<f64>| ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
            write!(
                f,
                "  {:name$}  {:>12}  {:>10}  {:>9}  {:>9}",
                row.name,
                self.unit.show(row.figure.median),
                self.unit.show(row.figure.spread),
                ratio(row.times_limit),
                ratio(row.times_own),
                name = width - 2,
            )?;
            for (index, verdict) in row.targets.iter().enumerate() {
                let met = if verdict.met { "met" } else { "MISSED" };
                let separator = if index == 0 { "  " } else { ", " };
                write!(f, "{separator}{}: {met}", verdict.target)?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
