//! What the process runs in: which mode fits there, and what its terminal can do.

use super::TerminalMode;

/// The environment's variables, and whether the standard error is a terminal.
pub(super) struct Surroundings<V> {
    pub(super) var: V,
    pub(super) terminal: bool,
}

/// What a terminal can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) colour: bool,
    pub(super) unicode: bool,
    /// The taskbar or the tab shows progress (OSC 9;4).
    pub(super) taskbar: bool,
    /// The bars are to stay at the bottom, and everything else to scroll above them.
    pub(super) pinned: bool,
}

impl<V: Fn(&str) -> Option<String>> Surroundings<V> {
    /// A variable that says something.
    fn says(&self, name: &str) -> Option<String> {
        (self.var)(name).filter(|value| !value.is_empty())
    }

    fn is_on(&self, name: &str) -> bool {
        self.says(name).is_some_and(|value| value != "0" && value != "false")
    }

    /// The mode, where the code asks for `asked`. The environment chooses only where the code does not.
    pub(super) fn mode(&self, asked: TerminalMode) -> TerminalMode {
        let mode = match (asked, self.says("PROGRESS")) {
            (TerminalMode::Auto, Some(name)) => name.parse().unwrap_or_else(|error| {
                log::warn!("PROGRESS: {error}");
                TerminalMode::Auto
            }),
            _ => asked,
        };
        match mode {
            TerminalMode::Auto if self.terminal && !self.is_dumb() && !self.is_on("CI") => {
                TerminalMode::Tty
            }
            TerminalMode::Auto => TerminalMode::Plain,
            mode => mode,
        }
    }

    fn is_dumb(&self) -> bool {
        match self.says("TERM") {
            Some(term) => term == "dumb",
            None => !cfg!(windows),
        }
    }

    /// Whether the log is read by GitHub Actions.
    pub(super) fn is_github_actions(&self) -> bool {
        self.is_on("GITHUB_ACTIONS")
    }

    pub(super) fn abilities(&self) -> Abilities {
        Abilities {
            colour: self.colour(),
            unicode: self.unicode(),
            taskbar: self.terminal && self.taskbar(),
            pinned: false,
        }
    }

    fn colour(&self) -> bool {
        if self.says("NO_COLOR").is_some() {
            return false;
        }
        self.is_on("CLICOLOR_FORCE")
            || self.terminal
                && !self.is_dumb()
                && self.says("CLICOLOR").is_none_or(|value| value != "0")
    }

    fn unicode(&self) -> bool {
        if cfg!(windows) {
            return ["WT_SESSION", "TERM_PROGRAM", "ConEmuTask"]
                .iter()
                .any(|name| self.says(name).is_some());
        }
        if self.says("TERM").is_some_and(|term| term == "linux") {
            return false;
        }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.says(name));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        locale.ends_with("utf-8") || locale.ends_with("utf8")
    }

    fn taskbar(&self) -> bool {
        let program = self.says("TERM_PROGRAM");
        let features = self.says("TERM_FEATURES");
        match program.as_deref() {
            Some("WezTerm" | "ghostty") => true,
            Some("iTerm.app") => features.is_some_and(|features| features.contains('P')),
            // A multiplexer shows no taskbar of its own, whatever it runs in.
            Some("tmux" | "screen") => false,
            _ => {
                let vte = self.says("VTE_VERSION").and_then(|version| version.parse().ok());
                self.says("WT_SESSION").is_some()
                    || self.says("ConEmuANSI").is_some_and(|on| on == "ON")
                    || vte.is_some_and(|version: u32| version >= 7_900)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TerminalMode;
    use super::Surroundings;

    type Variables = &'static [(&'static str, &'static str)];

    fn surroundings(
        terminal: bool,
        variables: Variables,
    ) -> Surroundings<impl Fn(&str) -> Option<String>> {
        let var = move |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Surroundings { var, terminal }
    }

    fn auto(terminal: bool, variables: Variables) -> TerminalMode {
        surroundings(terminal, variables).mode(TerminalMode::Auto)
    }

    #[test]
    fn a_display_is_drawn_only_where_there_is_somebody_to_look() {
        assert_eq!(auto(true, &[("TERM", "xterm")]), TerminalMode::Tty);
        assert_eq!(auto(false, &[("TERM", "xterm")]), TerminalMode::Plain);
        assert_eq!(auto(true, &[("TERM", "dumb")]), TerminalMode::Plain);
        assert_eq!(auto(true, &[("TERM", "xterm"), ("CI", "true")]), TerminalMode::Plain);
        assert_eq!(auto(true, &[("TERM", "xterm"), ("CI", "false")]), TerminalMode::Tty);
    }

    #[test]
    fn the_environment_chooses_where_the_code_does_not() {
        let tty: Variables = &[("TERM", "dumb"), ("PROGRESS", "tty")];
        assert_eq!(auto(false, tty), TerminalMode::Tty);
        assert_eq!(surroundings(false, tty).mode(TerminalMode::Quiet), TerminalMode::Quiet);
        assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "JSON")]), TerminalMode::Json);
        assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "?")]), TerminalMode::Tty);
        assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "")]), TerminalMode::Tty);
    }

    #[test]
    fn colour_is_a_choice_of_its_own() {
        let colour = |terminal, variables| surroundings(terminal, variables).abilities().colour;
        assert!(colour(true, &[("TERM", "xterm")]));
        assert!(!colour(false, &[("TERM", "xterm")]));
        assert!(!colour(true, &[("TERM", "xterm"), ("NO_COLOR", "1")]));
        assert!(!colour(true, &[("TERM", "xterm"), ("CLICOLOR", "0")]));
        assert!(colour(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colour(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!colour(true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert_eq!(auto(true, &[("TERM", "xterm"), ("NO_COLOR", "1")]), TerminalMode::Tty);
    }

    #[cfg(unix)]
    #[test]
    fn unicode_is_what_the_locale_says() {
        let unicode = |variables| surroundings(true, variables).abilities().unicode;
        assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
        assert!(unicode(&[("LANG", "C"), ("LC_ALL", "C.utf8")]));
        assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]));
        assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("TERM", "linux")]));
        assert!(!unicode(&[]));
    }

    #[test]
    fn the_taskbar_is_used_where_it_is_known_to_be_there() {
        let taskbar = |terminal, variables| surroundings(terminal, variables).abilities().taskbar;
        assert!(taskbar(true, &[("WT_SESSION", "1")]));
        assert!(taskbar(true, &[("TERM_PROGRAM", "ghostty")]));
        assert!(taskbar(true, &[("VTE_VERSION", "8000")]));
        assert!(!taskbar(true, &[("VTE_VERSION", "6800")]));
        assert!(!taskbar(true, &[("TERM_PROGRAM", "iTerm.app")]));
        assert!(!taskbar(true, &[("TERM_PROGRAM", "tmux"), ("WT_SESSION", "1")]));
        assert!(!taskbar(false, &[("WT_SESSION", "1")]));
    }
}
