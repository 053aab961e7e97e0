use super::Environment;
use crate::reporter::TerminalMode;

type Variables = &'static [(&'static str, &'static str)];

fn environment(
    is_terminal: bool,
    variables: Variables,
) -> Environment<impl Fn(&str) -> Option<String>> {
    let var = move |name: &str| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    Environment { var, is_terminal }
}

fn auto(is_terminal: bool, variables: Variables) -> TerminalMode {
    environment(is_terminal, variables).mode(TerminalMode::Auto)
}

#[test]
fn bars_are_drawn_only_where_somebody_looks() {
    assert_eq!(auto(true, &[("TERM", "xterm")]), TerminalMode::Tty);
    assert_eq!(auto(false, &[("TERM", "xterm")]), TerminalMode::Plain);
    assert_eq!(auto(true, &[("TERM", "dumb")]), TerminalMode::Plain);
    assert_eq!(auto(true, &[("TERM", "xterm"), ("CI", "true")]), TerminalMode::Plain);
    assert_eq!(auto(true, &[("TERM", "xterm"), ("CI", "false")]), TerminalMode::Tty);
}

#[test]
fn the_environment_decides_where_the_code_does_not() {
    let tty: Variables = &[("TERM", "dumb"), ("PROGRESS", "tty")];
    assert_eq!(auto(false, tty), TerminalMode::Tty);
    assert_eq!(environment(false, tty).mode(TerminalMode::Quiet), TerminalMode::Quiet);
    assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "JSON")]), TerminalMode::Json);
    assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "?")]), TerminalMode::Tty);
    assert_eq!(auto(true, &[("TERM", "xterm"), ("PROGRESS", "")]), TerminalMode::Tty);
}

#[test]
fn colour_is_decided_on_its_own() {
    let colour = |terminal, variables| environment(terminal, variables).capabilities().colour;
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
fn unicode_depends_on_the_locale() {
    let unicode = |variables| environment(true, variables).capabilities().unicode;
    assert!(unicode(&[("LANG", "de_DE.UTF-8")]));
    assert!(unicode(&[("LANG", "C"), ("LC_ALL", "C.utf8")]));
    assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "C")]));
    assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("TERM", "linux")]));
    assert!(!unicode(&[]));
}

#[test]
fn the_taskbar_is_used_where_a_terminal_is_known_to_have_one() {
    let taskbar = |terminal, variables| environment(terminal, variables).capabilities().taskbar;
    assert!(taskbar(true, &[("WT_SESSION", "1")]));
    assert!(taskbar(true, &[("TERM_PROGRAM", "ghostty")]));
    assert!(taskbar(true, &[("VTE_VERSION", "8000")]));
    assert!(!taskbar(true, &[("VTE_VERSION", "6800")]));
    assert!(!taskbar(true, &[("TERM_PROGRAM", "iTerm.app")]));
    assert!(!taskbar(true, &[("TERM_PROGRAM", "tmux"), ("WT_SESSION", "1")]));
    assert!(!taskbar(false, &[("WT_SESSION", "1")]));
}
