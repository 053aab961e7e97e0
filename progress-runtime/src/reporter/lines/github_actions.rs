//! The commands that GitHub Actions reads from a log, and how a job's text is kept from being one.

use std::borrow::Cow;

/// A command: `::group::Fetching`. The text is escaped, because a line break in it would end the
/// command and start another.
pub(super) fn command(name: &str, text: &str) -> String {
    let text = escape_commands(text);
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    format!("::{name}::{text}")
}

/// A line of the log without commands in their older form, `##[name]`, which is recognized anywhere
/// in a line. The newer form, `::name::`, is recognized only at the start of a line.
pub(super) fn escape_commands(line: &str) -> Cow<'_, str> {
    match line.contains("##[") {
        true => line.replace("##[", "## [").into(),
        false => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{command, escape_commands};

    #[test]
    fn a_text_cannot_end_its_command() {
        let escaped = "::error::100%25%0D%0A::add-mask::x";
        assert_eq!(command("error", "100%\r\n::add-mask::x"), escaped);
    }

    #[test]
    fn a_line_cannot_hold_a_command() {
        assert_eq!(escape_commands("[00:00] x ##[error]boo"), "[00:00] x ## [error]boo");
        assert_eq!(escape_commands("[00:00] ## heading [1]"), "[00:00] ## heading [1]");
        assert_eq!(escape_commands("###[group]"), "### [group]");
    }
}
