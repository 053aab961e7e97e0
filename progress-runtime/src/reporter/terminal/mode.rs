//! The ways to show progress.

use std::fmt;
use std::str::FromStr;

/// How progress is shown.
///
/// A mode is read from its name, in upper or lower case, so that a program's `--progress` needs no
/// type of its own:
///
/// ```
/// use progress_runtime::reporter::TerminalMode;
///
/// assert_eq!("plain".parse(), Ok(TerminalMode::Plain));
/// assert_eq!(TerminalMode::Tty.to_string(), "tty");
///
/// let error = "loud".parse::<TerminalMode>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown mode \"loud\": use auto, tty, plain, json or quiet");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TerminalMode {
    /// Bars or plain lines, as fits the environment: see [`Terminal`](super::Terminal).
    #[default]
    Auto,
    /// Bars on the standard error, even where it is no terminal.
    Tty,
    /// One line on the standard error for each change of a state, and a heartbeat: see
    /// [`Lines`](crate::Lines).
    Plain,
    /// One snapshot a line on the standard output: see [`JsonLines`](crate::JsonLines).
    Json,
    /// Nothing at all.
    Quiet,
}

impl TerminalMode {
    /// The name of the mode.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Tty => "tty",
            Self::Plain => "plain",
            Self::Json => "json",
            Self::Quiet => "quiet",
        }
    }
}

impl fmt::Display for TerminalMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TerminalMode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, UnknownMode> {
        [Self::Auto, Self::Tty, Self::Plain, Self::Json, Self::Quiet]
            .into_iter()
            .find(|mode| mode.as_str().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// The error for a name that no [`TerminalMode`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMode(String);

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown mode {:?}: use auto, tty, plain, json or quiet", self.0)
    }
}

impl std::error::Error for UnknownMode {}
