//! The functions around the steps, and the places in them.

use std::collections::BTreeSet;

use super::attributes::{Attribute, sets, written};
use super::forms::{Class, FORMS, Form, Kind, is_left_to_rustc, is_legal};

/// A prime that does not divide the number of cases.
const STRIDE: usize = 10_007;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `async fn … -> Result<u32, Error>`
    Async,
    /// The same with `#[durable]`.
    Durable,
    /// `async fn … -> u32`
    AsyncPlain,
    /// `fn … -> Result<u32, Error>`
    Sync,
    /// `fn … -> u32`
    SyncPlain,
}

pub const FUNCTIONS: &[Function] = &[
    Function::Async,
    Function::Durable,
    Function::AsyncPlain,
    Function::Sync,
    Function::SyncPlain,
];

impl Function {
    pub fn is_sync(self) -> bool {
        matches!(self, Self::Sync | Self::SyncPlain)
    }

    pub fn is_durable(self) -> bool {
        self == Self::Durable
    }

    pub fn has_result(self) -> bool {
        !matches!(self, Self::AsyncPlain | Self::SyncPlain)
    }
}

/// The code in a step, which depends on what is around it.
pub struct Values {
    pub function: Function,
    /// Whether calls have a `?`.
    pub question: bool,
    /// Whether the step is untracked.
    pub untracked: bool,
    /// What leaves the code.
    pub exit: &'static str,
}

impl Values {
    /// The awaited call, with this argument.
    pub fn call_of(&self, argument: &str) -> String {
        let bare = if self.untracked { "bare" } else { "" };
        let name = match (self.function.has_result(), self.untracked) {
            (true, false) => "get",
            (true, true) => "",
            (false, false) => "give",
            (false, true) => "_give",
        };
        let share = if self.untracked { "" } else { ", progress" };
        let wait = if self.function.is_sync() { "" } else { ".await" };
        let question = if self.question { "?" } else { "" };
        format!("{bare}{name}({argument}, &faults{share}){wait}{question}")
    }

    pub fn call(&self) -> String {
        self.call_of("&x")
    }

    /// A use of the share without a call.
    pub fn used(&self) -> String {
        let used = if self.untracked { "drop(x)" } else { "progress.set_fraction(1.0)" };
        used.to_owned()
    }

    fn gives_result(&self) -> bool {
        self.function.has_result() && !self.question
    }

    /// The type of a call's value.
    pub fn ty(&self) -> &'static str {
        if self.gives_result() { "Result<u32, Error>" } else { "u32" }
    }

    pub fn list(&self) -> &'static str {
        if self.gives_result() { "Result<Vec<u32>, Error>" } else { "Vec<u32>" }
    }

    /// A refutable pattern for a call's value.
    pub fn pattern(&self) -> &'static str {
        if self.gives_result() { "Ok(value)" } else { "value @ 0..=9" }
    }

    /// A value as a call gives it.
    pub fn default(&self) -> &'static str {
        if self.gives_result() { "Ok::<u32, Error>(x)" } else { "x" }
    }

    /// An inner step, which is never untracked.
    pub fn inner(&self, title: &str) -> String {
        format!("{};", self.inner_value(title))
    }

    pub fn inner_value(&self, title: &str) -> String {
        let inner = Values { untracked: false, ..*self };
        format!("#[step(1, \"{title}\")] {}", inner.call())
    }
}

/// Where a step stands. `CASE` is the step, `REST` another one.
pub struct Place {
    pub name: &'static str,
    pub code: &'static str,
    /// The kind of the step.
    pub kind: Kind,
    /// Whether the step is in a future of its own.
    separate: bool,
    /// Whether it is in items that are not remembered.
    forgets: bool,
}

const fn place(name: &'static str, code: &'static str) -> Place {
    Place { name, code, kind: Kind::Statement, separate: false, forgets: false }
}

pub const PLACES: &[Place] = &[
    place("in_front", "CASE REST"),
    place("at_the_end", "REST CASE"),
    place("between", "let y = x; CASE let y = x; REST"),
    place("group", "#[step(1, \"Group\")] { CASE REST }"),
    place("if_steps", "#[step(1, \"If\")] if x > 0 { REST CASE }"),
    place("for", "#[step(1, \"For\")] KEYfor item in [1_u32, 2] { CASE REST }"),
    Place {
        forgets: true,
        ..place(
            "collected",
            "#[step(1, \"For\")] let v: Vec<u32> = for item in [1_u32, 2] { CASE item };",
        )
    },
    Place {
        separate: true,
        ..place(
            "concurrent",
            "#[step(1, \"For\")] #[concurrent(2)] KEYfor item in [1_u32, 2] { CASE REST }",
        )
    },
    Place {
        separate: true,
        forgets: true,
        ..place(
            "concurrent_collected",
            "#[step(1, \"For\")] #[concurrent(2)] \
             let v: Vec<u32> = for item in [1_u32, 2] { CASE item };",
        )
    },
    Place {
        separate: true,
        ..place(
            "branch",
            "#[step(1, \"Branches\")] #[parallel] \
             (#[step(1, \"Left\")] { CASE REST }, #[step(1, \"Right\")] { REST });",
        )
    },
    Place {
        separate: true,
        ..place(
            "concurrent_in_branch",
            "#[step(1, \"Branches\")] #[parallel] \
             (#[step(1, \"Left\")] { REST }, #[step(1, \"Right\")] #[concurrent(2)] \
             KEYfor item in [1_u32, 2] { #[step(1, \"Group\")] { CASE } });",
        )
    },
    Place {
        kind: Kind::Value,
        ..place("value_of_group", "#[step(1, \"Group\")] let group = { REST CASE };")
    },
    Place {
        kind: Kind::Value,
        ..place(
            "value_of_uncancellable",
            "#[step(1, \"Group\")] #[uncancellable] \
             let group = { REST CASE };",
        )
    },
    Place {
        kind: Kind::Value,
        forgets: true,
        ..place(
            "value_of_item",
            "#[step(1, \"For\")] \
             let v: LIST = for item in [1_u32, 2] { REST CASE };",
        )
    },
    Place {
        kind: Kind::Value,
        separate: true,
        forgets: true,
        ..place(
            "value_of_concurrent_item",
            "#[step(1, \"For\")] #[concurrent(2)] \
             let v: LIST = for item in [1_u32, 2] { CASE };",
        )
    },
    Place {
        kind: Kind::Value,
        separate: true,
        ..place(
            "value_of_branch",
            "#[step(1, \"Branches\")] #[parallel] \
             let (left, right) = (CASE, #[step(1, \"Right\")] { REST });",
        )
    },
];

/// Where no step can stand.
pub const CLOSED: &[Place] = &[
    place("arm of a match", "#[step(1, \"Match\")] match x { 0 => {} _ => { CASE REST } }"),
    place("arm of an if/else", "#[step(1, \"If\")] if x > 0 { CASE REST } else { REST }"),
    place("else", "#[step(1, \"If\")] if x > 0 { REST } else { CASE }"),
    place("while", "REST #[step(1, \"While\")] while x > 0 { CASE }"),
    place("loop", "REST #[step(1, \"Loop\")] loop { CASE break; }"),
    place("plain if", "REST if x > 0 { CASE }"),
    place("plain match", "REST match x { 0 => {} _ => { CASE } }"),
    place("plain for", "REST for item in [1_u32] { CASE }"),
    place("plain block", "REST { CASE }"),
    place("else of a let", "#[step(1, \"Let\")] let 3 = x else { CASE panic!() };"),
    place("async block", "REST let future = async { CASE Ok::<_, Error>(()) };"),
];

impl Place {
    fn exists_in(&self, function: Function) -> bool {
        !(function.is_sync() && self.separate)
    }
}

/// A workflow with one step in one place.
pub struct Case {
    pub name: String,
    pub function: Function,
    /// What is refused if it is not legal.
    pub form: &'static str,
    /// What it is refused with, or in.
    pub with: String,
    pub code: String,
    /// The pairs and triples of what it is made of.
    parts: Vec<String>,
}

fn case(
    form: &Form,
    attributes: &[Attribute],
    place: &Place,
    function: Function,
    question: bool,
) -> Case {
    let exit = match (place.separate, function.has_result()) {
        (true, _) => "panic!(\"no value\")",
        (false, true) => "return Err(Error::Job);",
        (false, false) => "return 0;",
    };
    let untracked = attributes.contains(&Attribute::Untracked);
    let values = Values { function, question, untracked, exit };
    let step =
        format!("{} {}", written(attributes, form.class == Class::Parallel), (form.code)(&values));
    let rest = Values { untracked: false, question: function.has_result(), ..values };
    let key = if function.is_durable() { "#[key(item)] " } else { "" };
    let body = place
        .code
        .replace("REST", &format!("#[step(1, \"Rest\")] {};", rest.call()))
        .replace("KEY", key)
        .replace("LIST", values.list())
        .replace("CASE", &step);
    let mut name = format!("{function:?}_{}_{}", place.name, form.name).to_lowercase();
    name = name.replace([' ', '/'], "_");
    for attribute in attributes {
        name.push_str(&format!("_{attribute:?}").to_lowercase());
    }
    if question {
        name.push_str("_tried");
    }
    let durable = if function.is_durable() { "#[durable] " } else { "" };
    let fn_word = if function.is_sync() { "fn" } else { "async fn" };
    let (ty, result) = match function.has_result() {
        true => ("Result<u32, Error>", "Ok(x)"),
        false => ("u32", "x"),
    };
    let code = format!(
        "progress_runtime::workflow!({durable}pub {fn_word} {name}(x: u32, faults: Faults, \
         progress: Progress) -> {ty} {{ {body} {result} }});"
    );
    let with = format!("{attributes:?}");
    let mut parts = vec![format!("{} {}", form.name, place.name), format!("{} {with}", form.name)];
    for attribute in attributes.iter().map(Some).chain([None]) {
        parts.push(format!("{function:?} {} {attribute:?}", form.name));
        parts.push(format!("{function:?} {} {attribute:?}", place.name));
        parts.push(format!("{} {attribute:?} {question}", form.name));
    }
    Case { name, function, form: form.name, with, code, parts }
}

fn questions(function: Function) -> &'static [bool] {
    if function.has_result() { &[true, false] } else { &[false] }
}

/// Whether a form can stand in a place.
fn fits(form: &Form, place: &Place) -> bool {
    form.kind == place.kind
}

/// All functions that must compile.
pub fn legal() -> Vec<Case> {
    let mut cases = Vec::new();
    for (function, form) in functions_and_forms() {
        let places =
            || PLACES.iter().filter(|place| place.exists_in(function) && fits(form, place));
        for (attributes, place) in
            sets().iter().flat_map(|set| places().map(move |place| (set, place)))
        {
            if is_legal(form, attributes, function, place.forgets) {
                cases.extend(
                    questions(function)
                        .iter()
                        .map(|question| case(form, attributes, place, function, *question)),
                );
            }
        }
    }
    cases
}

/// Some of the cases, among which are all triples of a function, a form and an attribute, of a
/// function, a place and an attribute, of a form and two attributes, and of a form and an attribute
/// with and without a `?`, and each form in each place.
pub fn chosen(cases: Vec<Case>) -> Vec<Case> {
    let mut seen = BTreeSet::new();
    let mut chosen: Vec<_> = cases.into_iter().map(Some).collect();
    let count = chosen.len();
    // In steps, so that neighbours are not alike.
    for turn in 0..count {
        let at = turn * STRIDE % count;
        let is_new = chosen[at].as_ref().is_some_and(|case| {
            case.parts.iter().filter(|part| seen.insert((*part).clone())).count() > 0
        });
        if !is_new {
            chosen[at] = None;
        }
    }
    chosen.into_iter().flatten().collect()
}

fn functions_and_forms() -> impl Iterator<Item = (Function, &'static Form)> {
    FUNCTIONS.iter().flat_map(|function| FORMS.iter().map(move |form| (*function, form)))
}

/// The functions that must be refused: a form or an attribute where it is not legal, and each form
/// where no step can stand.
pub fn illegal() -> Vec<Case> {
    let mut cases = Vec::new();
    for (function, form) in functions_and_forms() {
        let place = PLACES.iter().find(|place| fits(form, place)).expect("each form has a place");
        let is_legal = |attributes: &[_]| is_legal(form, attributes, function, place.forgets);
        let single = sets().into_iter().filter(|set| set.len() == 1 && is_legal(&[]));
        for attributes in single.chain([Vec::new()]) {
            if !is_legal(&attributes) && !is_left_to_rustc(form, &attributes, function) {
                cases.push(case(form, &attributes, place, function, function.has_result()));
            }
        }
    }
    for (function, form) in functions_and_forms().filter(|(_, form)| form.kind == Kind::Statement) {
        let is_usual = matches!(function, Function::Async | Function::Sync);
        if !is_usual || !is_legal(form, &[], function, false) {
            continue;
        }
        cases.extend(CLOSED.iter().map(|place| Case {
            with: place.name.to_owned(),
            ..case(form, &[], place, function, function.has_result())
        }));
    }
    cases
}
