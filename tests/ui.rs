//! What users see of the macro at compile time: one file a mistake in `ui/fail`, with the message
//! beside it, and programs that compile in `ui/pass`. `TRYBUILD=overwrite` writes the messages anew.

#[test]
fn a_mistake_is_one_message_at_the_right_place() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn a_correct_workflow_compiles_without_a_warning() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
