//! Compares the figures of a benchmark with their targets, and prints them.

use std::fmt;

use crate::measure::Figure;
use crate::plan::{MeasuredRow, Role, Section, Target, Unit};

/// The results of one benchmark.
#[derive(Debug, serde::Serialize)]
pub struct Table {
    pub name: &'static str,
    pub sections: Vec<TableSection>,
}

/// The results of one section.
#[derive(Debug, serde::Serialize)]
pub struct TableSection {
    pub name: String,
    pub unit: Unit,
    pub rows: Vec<TableRow>,
}

#[derive(Debug, serde::Serialize)]
pub struct TableRow {
    pub name: String,
    pub role: Role,
    #[serde(flatten)]
    pub figure: Figure,
    /// The ratio to the first limit of the section.
    pub times_limit: Option<f64>,
    /// The ratio to the first row of `progress-runtime`.
    pub times_own: Option<f64>,
    pub targets: Vec<Verdict>,
}

/// A target, and whether the row meets it.
#[derive(Debug, serde::Serialize)]
pub struct Verdict {
    pub target: String,
    pub at_most: f64,
    pub met: bool,
}

impl TableSection {
    /// Measures a section.
    pub fn measure(section: Section) -> Self {
        let (name, unit) = (section.name.clone(), section.unit);
        let measured = section.measure();
        let first = |role: Role| {
            let row = measured.iter().find(|row| row.role == role);
            row.map(|row| row.figure.median).filter(|median| *median > 0.0)
        };
        let (limit, own) = (first(Role::Limit), first(Role::Own));
        let rows = measured.iter().map(|row| {
            let median = row.figure.median;
            let verdicts =
                row.targets.iter().map(|target| verdict(*target, median, unit, &measured));
            TableRow {
                name: row.name.clone(),
                role: row.role,
                figure: row.figure,
                times_limit: limit.map(|limit| median / limit),
                times_own: own.map(|own| median / own),
                targets: verdicts.collect(),
            }
        });
        Self { name, unit, rows: rows.collect() }
    }
}

/// # Panics
///
/// The target names a row that does not exist.
fn verdict(target: Target, value: f64, unit: Unit, rows: &[MeasuredRow]) -> Verdict {
    let median = |name: &str| {
        let row = rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| panic!("there is no row `{name}`")).figure.median
    };
    let (at_most, target) = match target {
        Target::AtMost(bound) => (bound, format!("≤ {}", unit.format(bound))),
        Target::Times(times, row) => (times * median(row), format!("≤ {times} × {row}")),
        Target::More(more, row) => (median(row) + more, format!("≤ {} + {row}", unit.format(more))),
        Target::Peers => {
            let peers = rows.iter().filter(|row| row.role == Role::Peer);
            let fastest = peers
                .min_by(|one, other| one.figure.median.total_cmp(&other.figure.median))
                .expect("there is a peer");
            (fastest.figure.median, format!("below every peer ({})", fastest.name))
        }
    };
    Verdict { target, at_most, met: value <= at_most }
}

impl Unit {
    /// Formats a figure for people.
    fn format(self, value: f64) -> String {
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
            section.write(f, width)?;
        }
        Ok(())
    }
}

impl TableSection {
    fn write(&self, f: &mut fmt::Formatter<'_>, width: usize) -> fmt::Result {
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
                self.unit.format(row.figure.median),
                self.unit.format(row.figure.spread),
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
