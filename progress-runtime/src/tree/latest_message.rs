//! Which of the messages in a tree is shown: the latest of what is at work.

use super::data::{Children, Details, Node};
use crate::plan::PlanStep;
use crate::snapshot::{Message, StepStatus};
use crate::text::Text;

/// The latest message in the tree: a step's start counts as one, with the step's title.
#[derive(Default)]
pub(super) struct LatestMessage {
    /// Its number among all messages and starts; 0 for none.
    order: u64,
    of: MessageOf,
    /// The message, or the title that it is made of.
    text: Text,
}

/// What a message comes from.
#[derive(Clone, Copy, Default)]
pub(super) enum MessageOf {
    /// The code that owns the share.
    #[default]
    Owner,
    /// A step at work whose code has not set a message.
    Active,
    /// A step that has ended without a message.
    Ended(StepStatus),
}

impl LatestMessage {
    pub(super) fn offer(&mut self, order: u64, of: MessageOf, text: impl FnOnce() -> Text) {
        if order > self.order {
            (self.order, self.of, self.text) = (order, of, text());
        }
    }

    pub(super) fn offer_owner(&mut self, node: &Node) {
        if let Some(cell) = node.message() {
            cell.read(self.order, |order, text| {
                self.offer(order, MessageOf::Owner, || Text::clean(text));
            });
        }
    }

    /// Where no child is at work, the step that started last still has the message.
    pub(super) fn offer_ended(&mut self, children: &Children) {
        let steps = children.slots.iter().zip(&children.details).zip(children.planned());
        let last = steps.max_by_key(|((_, details), _)| details.order());
        let Some(((slot, details), step)) = last else { return };
        match details.rare.as_ref().and_then(|rare| rare.message.as_ref()) {
            Some(message) => self.offer(details.order(), MessageOf::Owner, || message.clone()),
            None => {
                let of = MessageOf::Ended(slot.status);
                self.offer(details.order(), of, || title(details, step));
            }
        }
    }

    pub(super) fn message(self) -> Option<Message> {
        let message = match self.of {
            _ if self.order == 0 => return None,
            MessageOf::Owner => Message::new(self.text),
            MessageOf::Active => Message::in_progress(&self.text),
            MessageOf::Ended(status) => {
                let became = match status {
                    StepStatus::Failed => "Failed",
                    StepStatus::Cancelled => "Cancelled",
                    StepStatus::CompletedWithErrors => "Completed with errors",
                    _ => "Completed",
                };
                Message::new(format!("{}: {became}", self.text).into())
            }
        };
        Some(message)
    }
}

/// The title of a step, as it was formatted when the step started, or as the plan has it.
pub(super) fn title(details: &Details, step: &PlanStep) -> Text {
    match details.title() {
        Some(title) => Text::clean(title),
        None => Text::clean_static(step.title()),
    }
}
