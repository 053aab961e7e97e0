//! The commands that GitHub Actions takes from a log, and how the text of a job is kept from being one.

use std::borrow::Cow;

/// The text of a command: a line break in it would end the command, and begin another.
pub(super) fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A line of the log without the older form of a command, which is heard wherever it stands in a line. The newer
/// one, `::name::`, is heard only where it begins the line.
pub(super) fn defused(line: &str) -> Cow<'_, str> {
    match line.contains("##[") {
        true => line.replace("##[", "## [").into(),
        false => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{defused, escaped};

    #[test]
    fn a_text_cannot_end_its_command() {
        assert_eq!(escaped("100%\r\n::add-mask::x"), "100%25%0D%0A::add-mask::x");
    }

    #[test]
    fn a_line_cannot_hold_a_command() {
        assert_eq!(defused("[00:00] x ##[error]boo"), "[00:00] x ## [error]boo");
        assert_eq!(defused("[00:00] ## heading [1]"), "[00:00] ## heading [1]");
        assert_eq!(defused("###[group]"), "### [group]");
    }
}
