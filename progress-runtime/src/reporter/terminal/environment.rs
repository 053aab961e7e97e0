//! The environment of the process: which mode fits it, and what its terminal can do.

use super::mode::TerminalMode;
use crate::logging;
use crate::reporter::locale;

/// The variables of the environment, and whether the output goes to a terminal.
pub(super) struct Environment<V> {
    pub(super) var: V,
    pub(super) is_terminal: bool,
}

/// The capabilities of a terminal, and how its user wants them used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) colour: bool,
    pub(super) unicode: bool,
    /// Whether the taskbar or the tab shows progress (OSC 9;4).
    pub(super) taskbar: bool,
    /// Whether the bars stay at the bottom while everything else scrolls above them.
    pub(super) pinned: bool,
}

/// The environment of this process, for output that goes to a terminal or not.
pub(super) fn current(is_terminal: bool) -> Environment<impl Fn(&str) -> Option<String>> {
    let var = |name: &str| std::env::var_os(name).map(|it| it.to_string_lossy().into_owned());
    Environment { var, is_terminal }
}

impl<V: Fn(&str) -> Option<String>> Environment<V> {
    /// The value of a variable that is not empty.
    fn get(&self, name: &str) -> Option<String> {
        (self.var)(name).filter(|value| !value.is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && value != "false")
    }

    /// The mode to show progress in. The variable `PROGRESS` decides only where the code does not.
    pub(super) fn mode(&self, requested: TerminalMode) -> TerminalMode {
        let mode = match (requested, self.get("PROGRESS")) {
            (TerminalMode::Auto, Some(name)) => name.parse().unwrap_or_else(|error| {
                logging::warn(format_args!("PROGRESS: {error}"));
                TerminalMode::Auto
            }),
            _ => requested,
        };
        match mode {
            TerminalMode::Auto if self.is_terminal && !self.is_dumb() && !self.is_on("CI") => {
                TerminalMode::Tty
            }
            TerminalMode::Auto => TerminalMode::Plain,
            mode => mode,
        }
    }

    fn is_dumb(&self) -> bool {
        match self.get("TERM") {
            Some(term) => term == "dumb",
            None => !cfg!(windows),
        }
    }

    /// Whether GitHub Actions reads the log.
    pub(super) fn is_github_actions(&self) -> bool {
        self.is_on("GITHUB_ACTIONS")
    }

    pub(super) fn capabilities(&self) -> Capabilities {
        Capabilities {
            colour: self.colour(),
            unicode: self.unicode(),
            taskbar: self.is_terminal && self.taskbar(),
            pinned: false,
        }
    }

    fn colour(&self) -> bool {
        if self.get("NO_COLOR").is_some() {
            return false;
        }
        self.is_on("CLICOLOR_FORCE")
            || self.is_terminal
                && !self.is_dumb()
                && self.get("CLICOLOR").is_none_or(|value| value != "0")
    }

    fn unicode(&self) -> bool {
        if cfg!(windows) {
            return ["WT_SESSION", "TERM_PROGRAM", "ConEmuTask"]
                .iter()
                .any(|name| self.get(name).is_some());
        }
        if self.get("TERM").is_some_and(|term| term == "linux") {
            return false;
        }
        locale::is_utf8_in(&self.var)
    }

    fn taskbar(&self) -> bool {
        let program = self.get("TERM_PROGRAM");
        let features = self.get("TERM_FEATURES");
        match program.as_deref() {
            Some("WezTerm" | "ghostty") => true,
            Some("iTerm.app") => features.is_some_and(|features| features.contains('P')),
            // A multiplexer has no taskbar, whatever terminal it runs in.
            Some("tmux" | "screen") => false,
            _ => {
                let vte = self.get("VTE_VERSION").and_then(|version| version.parse().ok());
                self.get("WT_SESSION").is_some()
                    || self.get("ConEmuANSI").is_some_and(|on| on == "ON")
                    || vte.is_some_and(|version: u32| version >= 7_900)
            }
        }
    }
}

#[cfg(test)]
mod tests;
