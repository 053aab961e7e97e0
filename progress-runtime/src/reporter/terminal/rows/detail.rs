//! The texts of a row: the name of a step, its count, and what it is doing.

use crate::reporter::amount::{amount, of, speed};
use crate::reporter::words::{because, errors, item_name, step_label};
use crate::{StepSnapshot, StepStatus};

/// The title of a step, the name of a share, or the number of an item with the noun for its loop's
/// items.
pub(super) fn name(step: &StepSnapshot, noun: Option<&str>) -> String {
    match step.is_item() && step.name.is_none() {
        true => item_name(noun, &step.id),
        false if step.title.is_empty() => step.id.to_string(),
        false => step.title.to_string(),
    }
}

/// A part of the text behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// It is cut where it does not fit.
    Text(String),
    /// A number, which is shown whole or not at all, because a part of it is another number.
    Count(String),
}

impl Part {
    pub(crate) fn as_str(&self) -> &str {
        let (Self::Text(text) | Self::Count(text)) = self;
        text
    }
}

/// The parts of the text behind the name, the most important one first.
pub(super) fn detail(step: &StepSnapshot) -> Vec<Part> {
    let label = step_label(step.status);
    let survived = (step.errors > 0).then(|| Part::Count(errors(step.errors)));
    let text = |text: String| vec![Part::Text(text)];
    let label_and = |more: Option<Part>| {
        [Part::Text(label.to_owned())].into_iter().chain(more).collect::<Vec<_>>()
    };
    match step.status {
        StepStatus::Running => {
            let parts = activity(step).into_iter().chain(job_attempt(step)).chain(survived);
            let parts: Vec<_> = parts.collect();
            if parts.is_empty() { label_and(None) } else { parts }
        }
        StepStatus::Retrying => {
            let of = step.attempts.map_or_else(String::new, |attempts| format!("/{attempts}"));
            let cause = because(step.error.as_deref());
            text(format!("{label}, attempt {}{of}{cause}", step.attempt))
        }
        StepStatus::Cancelling => label_and(count(step).map(Part::Count)),
        StepStatus::Skipped => text(format!("{label}{}", because(step.reason.as_deref()))),
        StepStatus::Failed => text(format!("{label}{}", because(step.error.as_deref()))),
        StepStatus::Completed | StepStatus::CompletedWithErrors if step.result.is_some() => {
            let result = step.result.as_ref().map(|result| Part::Text(result.to_string()));
            label_and(None).into_iter().chain(result).chain(survived).collect()
        }
        StepStatus::Completed if step.done > 1 => label_and(Some(Part::Count(match &step.unit {
            None => format!("{} done", amount(step.done, None)),
            unit => amount(step.done, unit.as_ref()),
        }))),
        StepStatus::CompletedWithErrors => label_and(survived),
        StepStatus::Pending | StepStatus::Completed | StepStatus::Cancelled => label_and(None),
    }
}

/// The attempt at a job that was begun more than once.
fn job_attempt(step: &StepSnapshot) -> Option<Part> {
    let attempt = step.job.as_ref()?.attempt.filter(|attempt| *attempt > 1)?;
    Some(Part::Text(format!("attempt {attempt}")))
}

/// The count of a step at work, and its message.
fn activity(step: &StepSnapshot) -> Vec<Part> {
    let message = step.message.as_deref().filter(|message| !message.is_empty());
    let message = message.map(str::to_owned);
    let job = || step.job.as_ref().map(|job| format!("{} {}", job.kind, job.id));
    match message {
        // A loop's message says better at which item it is.
        Some(message) if !step.children.is_empty() => vec![Part::Text(message)],
        message => {
            let count = count(step).map(Part::Count);
            let speed = step.rate.map(|rate| Part::Count(speed(rate, step.unit.as_ref())));
            let text = message.or_else(job).map(Part::Text);
            count.into_iter().chain(speed).chain(text).collect()
        }
    }
}

/// The number of units that are done, or the item that a loop is at.
fn count(step: &StepSnapshot) -> Option<String> {
    let items = step.children.iter().filter(|child| child.is_item());
    let mut active = items.filter(|child| child.status.is_active());
    let unit = step.unit.as_ref();
    match (active.next(), active.next(), step.total) {
        (Some(item), None, Some(total)) if item.name.is_none() => {
            let number =
                item.id.parse().map_or_else(|_| item.id.to_string(), |it| of(it, total, None));
            Some(match &step.item {
                Some(noun) => format!("{noun} {number}"),
                None => number,
            })
        }
        (_, _, Some(total)) if total > 0 => Some(of(step.done, total, unit)),
        (None, _, None) if step.done > 0 => Some(amount(step.done, unit)),
        _ => None,
    }
}
