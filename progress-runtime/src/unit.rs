//! What a share counts.

use crate::text::Text;

/// What the units of a share are, for those who see the count and the speed:
/// `13.6 MB/84.0 MB · 340 kB/s`, `12/40 pages · 3.1/s`.
///
/// [`Progress::set_unit`](crate::Progress::set_unit) sets it. The adapters for readers and writers
/// count bytes by themselves.
///
/// ```
/// use progress_runtime::{Run, Unit};
///
/// let (run, mut progress) = Run::start("Crawl");
/// progress.set_unit(Unit::named("page", "pages"));
/// progress.inc(1);
/// assert_eq!(run.snapshot().count.as_ref().unwrap().unit, Some(Unit::named("page", "pages")));
/// # drop(progress);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Unit {
    /// Bytes, shown in powers of 1000: `13.6 MB`.
    Bytes,
    /// Bytes, shown in powers of 1024: `13.0 MiB`.
    BinaryBytes,
    /// Anything else, by its name.
    Named {
        /// The name of one: `page`.
        one: Text,
        /// The name of several: `pages`.
        many: Text,
    },
}

impl Unit {
    /// A unit by its name, in the singular and in the plural.
    pub const fn named(one: &'static str, many: &'static str) -> Self {
        Self::Named { one: Text::from_static(one), many: Text::from_static(many) }
    }

    /// The unit with harmless names: they come from a job.
    pub(crate) fn clean(&self) -> Self {
        match self {
            Self::Named { one, many } => {
                Self::Named { one: Text::clean(one), many: Text::clean(many) }
            }
            Self::Bytes | Self::BinaryBytes => self.clone(),
        }
    }
}
