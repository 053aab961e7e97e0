//! The forms of a step, with the attributes that are legal on each.

use super::attributes::Attribute::{self, *};
use super::cases::{Function, Values};

/// What decides which attributes are legal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Class {
    /// `call.await?`
    Call,
    /// A call without a value.
    Procedure,
    /// Any other expression.
    Code,
    /// An `if` or a `match` with an arm that skips.
    Branch,
    /// The same with a value in each arm.
    BranchValue,
    /// An `if` with inner steps.
    BranchSteps,
    Group,
    Parallel,
    For,
    /// A `for` that a `let` collects.
    Collected,
}

/// Where a form can stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A statement.
    Statement,
    /// The value of a list or a branch.
    Value,
}

pub struct Form {
    pub name: &'static str,
    pub class: Class,
    pub kind: Kind,
    /// Makes the code behind the attributes.
    pub code: fn(&Values) -> String,
}

const fn form(name: &'static str, class: Class, code: fn(&Values) -> String) -> Form {
    Form { name, class, kind: Kind::Statement, code }
}

const fn value(name: &'static str, class: Class, code: fn(&Values) -> String) -> Form {
    Form { name, class, kind: Kind::Value, code }
}

pub const FORMS: &[Form] = &[
    form("call", Class::Call, |v| format!("{};", v.call())),
    form("let", Class::Call, |v| format!("let value = {};", v.call())),
    form("let_type", Class::Call, |v| format!("let value: {} = {};", v.ty(), v.call())),
    form("let_wild", Class::Call, |v| format!("let _ = {};", v.call())),
    form("let_mut", Class::Call, |v| format!("let ref mut value = {};", v.call())),
    form("let_else", Class::Call, |v| {
        format!("let {} = {} else {{ {} }};", v.pattern(), v.call(), v.exit)
    }),
    form("let_type_else", Class::Call, |v| {
        format!("let {}: {} = {} else {{ {} }};", v.pattern(), v.ty(), v.call(), v.exit)
    }),
    form("let_of_temporary", Class::Call, |v| format!("let value = {};", v.call_of("&(x + 1)"))),
    form("let_of_block", Class::Call, |v| format!("let value = {};", v.call_of("{ &x }"))),
    form("call_of_block", Class::Call, |v| format!("{};", v.call_of("{ &x }"))),
    value("value_call", Class::Call, |v| v.call()),
    form("use", Class::Procedure, |v| format!("{};", v.used())),
    form("macro", Class::Procedure, |v| format!("drop(vec![{}]);", v.used())),
    form("block", Class::Code, |v| format!("{{ let y = x; {}; }}", v.used())),
    form("let_block", Class::Code, |v| format!("let value = {{ let y = x; {} }};", v.call())),
    form("let_reference", Class::Code, |v| format!("let value = *&{};", v.call())),
    form("while", Class::Code, |v| format!("while {{ {}; false }} {{}}", v.used())),
    form("loop", Class::Code, |v| format!("loop {{ {}; break; }}", v.used())),
    form("let_loop", Class::Code, |v| format!("let value = loop {{ {}; break 7; }};", v.used())),
    form("if", Class::Branch, |v| format!("if x > 0 {{ {}; }}", v.call())),
    form("if_skipped", Class::Branch, |v| format!("if x > 9 {{ {}; }}", v.call())),
    form("if_let_else_if", Class::Branch, |v| {
        format!("if let 7 = x {{ {}; }} else if x > 0 {{ {}; }}", v.call(), v.call())
    }),
    form("if_else", Class::Branch, |v| format!("if x > 0 {{ {}; }} else {{}}", v.call())),
    form("let_if_else", Class::BranchValue, |v| {
        format!("let value = if x > 0 {{ {} }} else {{ {} }};", v.call(), v.default())
    }),
    form("let_type_if_else", Class::BranchValue, |v| {
        format!("let value: {} = if x > 9 {{ {} }} else {{ {} }};", v.ty(), v.call(), v.default())
    }),
    value("value_if_else", Class::BranchValue, |v| {
        format!("if x > 0 {{ {} }} else {{ {} }}", v.call(), v.default())
    }),
    form("if_steps", Class::BranchSteps, |v| {
        format!("if x > 0 {{ {} {} }}", v.inner("First"), v.inner("Second"))
    }),
    form("match", Class::Branch, |v| format!("match x {{ 0 => {{}} _ => {{ {}; }} }}", v.call())),
    form("let_match", Class::BranchValue, |v| {
        format!("let value = match x {{ 0 => {}, _ => {} }};", v.default(), v.call())
    }),
    value("value_match", Class::BranchValue, |v| {
        format!("match x {{ 7 => {}, _ => {} }}", v.default(), v.call())
    }),
    form("for", Class::For, |v| format!("for item in [1_u32, 2] {{ {}; }}", v.call())),
    form("for_skips", Class::For, |v| {
        format!("for item in [1_u32, 2] {{ if item == 1 {{ continue; }} {}; }}", v.call())
    }),
    form("for_nothing", Class::For, |v| {
        format!("for item in Vec::<u32>::new() {{ {}; }}", v.call())
    }),
    form("for_steps", Class::For, |v| {
        format!("for item in [1_u32, 2] {{ {} {} }}", v.inner("First"), v.inner("Second"))
    }),
    form("let_for", Class::Collected, |v| {
        format!("let values: {} = for item in [1_u32, 2] {{ {} }};", v.list(), v.call())
    }),
    form("let_for_steps", Class::Collected, |v| {
        let first = v.inner("First");
        format!("let values: {} = for item in [1_u32, 2] {{ {first} {} }};", v.list(), v.default())
    }),
    form("group", Class::Group, |v| format!("{{ {} {} }}", v.inner("First"), v.inner("Second"))),
    form("let_group", Class::Group, |v| {
        format!("let value = {{ {} {} }};", v.inner("First"), v.inner_value("Second"))
    }),
    form("let_type_group", Class::Group, |v| {
        format!("let value: {} = {{ {} {} }};", v.ty(), v.inner("First"), v.default())
    }),
    value("value_group", Class::Group, |v| {
        format!("{{ {} {} }}", v.inner("First"), v.inner_value("Second"))
    }),
    form("parallel", Class::Parallel, |v| {
        format!("({}, {});", v.inner_value("First"), v.inner_value("Second"))
    }),
    form("let_parallel", Class::Parallel, |v| {
        format!("let (left, right) = ({}, {});", v.inner_value("First"), v.inner_value("Second"))
    }),
];

/// Whether a form can have these attributes in a function, at a place whose items, if it has any,
/// are remembered or not.
pub fn is_legal(form: &Form, attributes: &[Attribute], function: Function, forgets: bool) -> bool {
    let has = |attribute: Attribute| attributes.contains(&attribute);
    let sync = function.is_sync();
    if sync && (form.class == Class::Parallel || has(Concurrent) || has(Timeout)) {
        return false;
    }
    if (has(Retry) || has(RetryWhen) || has(Timeout)) && !function.has_result() {
        return false;
    }
    if (has(Key) || has(Repeat)) && (!function.is_durable() || forgets) {
        return false;
    }
    // What is not counted has no unit.
    if has(Untracked) && has(Unit) {
        return false;
    }
    // In an untracked step only an empty arm skips.
    if has(Untracked) && has(Skip) && form.class == Class::BranchValue {
        return false;
    }
    attributes.iter().all(|attribute| match attribute {
        Id | Uncancellable | Repeat | Allow => true,
        Unit => !matches!(form.class, Class::Group | Class::Parallel | Class::BranchSteps),
        Untracked => {
            matches!(
                form.class,
                Class::Call | Class::Procedure | Class::Code | Class::Branch | Class::BranchValue
            )
        }
        Retry | RetryWhen | Timeout => form.class == Class::Call,
        Skip => !matches!(
            form.class,
            Class::Call | Class::Procedure | Class::Code | Class::Group | Class::Parallel
        ),
        Item | Concurrent => matches!(form.class, Class::For | Class::Collected),
        Key => form.class == Class::For,
    })
}

/// Whether only the type of a call is wrong for an attribute, so that rustc refuses it. The messages
/// are in `tests/ui/fail`.
pub fn is_left_to_rustc(form: &Form, attributes: &[Attribute], function: Function) -> bool {
    let has_no_result = match form.class {
        Class::Call => !function.has_result(),
        Class::Procedure => function.is_sync(),
        _ => false,
    };
    let repeats = attributes.contains(&Retry) || attributes.contains(&RetryWhen);
    has_no_result && (repeats || attributes.contains(&Timeout) && !function.is_sync())
}
