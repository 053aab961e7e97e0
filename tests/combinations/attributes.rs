//! The attributes of a step.

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attribute {
    Id,
    Unit,
    Item,
    Skip,
    Untracked,
    Retry,
    RetryWhen,
    Timeout,
    Uncancellable,
    Concurrent,
    Key,
    Repeat,
    /// One that is not ours.
    Allow,
}

use Attribute::*;

pub const ATTRIBUTES: &[Attribute] = &[
    Id,
    Unit,
    Item,
    Skip,
    Untracked,
    Retry,
    RetryWhen,
    Timeout,
    Uncancellable,
    Concurrent,
    Key,
    Repeat,
    Allow,
];

/// No attribute, each, and each pair, without a second `#[retry]`.
pub fn sets() -> Vec<Vec<Attribute>> {
    let mut sets = vec![Vec::new()];
    for (index, first) in ATTRIBUTES.iter().enumerate() {
        sets.push(vec![*first]);
        for second in &ATTRIBUTES[index + 1..] {
            if (*first, *second) != (Retry, RetryWhen) {
                sets.push(vec![*first, *second]);
            }
        }
    }
    sets
}

/// Items can be of this unit, and so can what other steps count.
const UNIT: &str = ", unit = named(\"part\", \"parts\")";

/// `#[step(…)]` with these attributes, and those behind it.
pub fn written(attributes: &[Attribute], is_parallel: bool) -> String {
    let option = |attribute: Attribute, text: &'static str| {
        if attributes.contains(&attribute) { text } else { "" }
    };
    let (item, unit) = (option(Item, ", item = \"Item {item}\""), option(Unit, UNIT));
    let id = option(Id, ", id = \"own\"");
    let mut text = format!("#[step(2, \"Case\"{item}{unit}{id})]");
    if is_parallel {
        text.push_str(" #[parallel]");
    }
    for attribute in attributes {
        text.push_str(match attribute {
            Id | Unit | Item => "",
            Skip => " #[skip(\"nothing to do\")]",
            Untracked => " #[untracked]",
            Retry => " #[retry(policy())]",
            RetryWhen => " #[retry(policy(), when = may_pass)]",
            Timeout => " #[timeout(Duration::from_secs(5))]",
            Uncancellable => " #[uncancellable]",
            Concurrent => " #[concurrent(2)]",
            Key => " #[key(item)]",
            Repeat => " #[repeat]",
            Allow => " #[allow(unused)]",
        });
    }
    text
}
