//! The message of a run in which no step has one.

use crate::RunStatus;
use crate::snapshot::Message;
use crate::text::Text;

/// Describes the state of a run.
pub(super) fn default_message(
    status: RunStatus,
    title: &str,
    errors: u32,
    error: Option<&Text>,
) -> Message {
    let text = match status {
        RunStatus::Pending => Text::default(),
        RunStatus::Running => return Message::in_progress(title),
        RunStatus::Cancelling => Text::from_static("Cancelling…"),
        RunStatus::Completed => Text::from_static("Completed"),
        RunStatus::CompletedWithErrors if errors == 1 => {
            Text::from_static("Completed with 1 error")
        }
        RunStatus::CompletedWithErrors => format!("Completed with {errors} errors").into(),
        RunStatus::Failed => error.cloned().unwrap_or(Text::from_static("Failed")),
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
        assert_eq!(message(RunStatus::Failed, 1, None), "Failed");
        assert_eq!(message(RunStatus::Failed, 1, Some("disk full")), "disk full");
    }
}
