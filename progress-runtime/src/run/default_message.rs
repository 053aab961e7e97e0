//! The message of a run in which no step has one.

use crate::RunStatus;
use crate::snapshot::Message;
use crate::text::{self, Text};

/// Describes the state of a run; `words` are its error, or what it has come to.
pub(super) fn default_message(
    status: RunStatus,
    title: &str,
    errors: u32,
    words: Option<&Text>,
) -> Message {
    let words = words.filter(|words| !text::is_blank(words));
    let text = match status {
        RunStatus::Pending => Text::default(),
        RunStatus::Running => return Message::in_progress(title),
        RunStatus::Cancelling => Text::from_static("Cancelling…"),
        RunStatus::Completed => words.cloned().unwrap_or(Text::from_static("Completed")),
        RunStatus::CompletedWithErrors => {
            let noun = if errors == 1 { "error" } else { "errors" };
            let done = words.map_or_else(String::new, |words| format!("{words}: "));
            format!("{done}Completed with {errors} {noun}").into()
        }
        RunStatus::Failed => words.cloned().unwrap_or(Text::from_static("Failed")),
        RunStatus::Cancelled => Text::from_static("Cancelled"),
    };
    Message::new(text)
}

#[cfg(test)]
mod tests {
    use super::default_message;
    use crate::RunStatus;
    use crate::text::Text;

    fn message(status: RunStatus, errors: u32, error: Option<&'static str>) -> String {
        let error = error.map(Text::from_static);
        default_message(status, "Import", errors, error.as_ref()).text.into()
    }

    #[test]
    fn each_state_has_a_message() {
        assert_eq!(message(RunStatus::Pending, 0, None), "");
        assert_eq!(message(RunStatus::Running, 0, None), "Import: In progress…");
        assert_eq!(message(RunStatus::CompletedWithErrors, 1, None), "Completed with 1 error");
        assert_eq!(message(RunStatus::CompletedWithErrors, 2, None), "Completed with 2 errors");
        assert_eq!(message(RunStatus::Completed, 0, Some("12 files")), "12 files");
        assert_eq!(message(RunStatus::Failed, 1, None), "Failed");
        assert_eq!(message(RunStatus::Failed, 1, Some("disk full")), "disk full");
    }
}
