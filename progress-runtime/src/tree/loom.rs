//! Every interleaving of the tree's relaxed protocol, by the model checker loom.
//!
//! `RUSTFLAGS="--cfg progress_loom"` builds the tree on loom's primitives; see `crate::sync`.

use std::sync::Arc;
use std::time::Duration;

use loom::thread;

use super::message::MessageCell;
use super::{Ending, Node, Tree};
use crate::end::End;
use crate::plan::{PlanStep, StepList};
use crate::scale::FULL;

const NOW: Duration = Duration::ZERO;

/// A reader reads the number three times while `work` goes on: the number never falls, and is never
/// more than all.
fn model(work: impl Fn(&Arc<Node>) + Copy + Send + Sync + 'static, end: u64) {
    let mut checker = loom::model::Builder::new();
    checker.preemption_bound = Some(3);
    checker.check(move || {
        let tree = Arc::new(Tree::new());
        let root = Arc::clone(tree.root());
        root.set_length(Some(4));
        let reader = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let seen = [tree.value(), tree.value(), tree.value()];
                assert!(seen.is_sorted(), "fell: {seen:?}");
                assert!(seen.iter().all(|shown| *shown <= FULL), "counted twice: {seen:?}");
            }
        });
        work(&root);
        reader.join().unwrap();
        assert_eq!(tree.value(), end);
    });
}

fn count(node: &Arc<Node>, units: u64) {
    node.advance(node.position() + units);
}

#[test]
fn an_update_is_seen_in_order() {
    model(
        |root| {
            count(root, 1);
            count(root, 1);
        },
        FULL / 2,
    );
}

#[test]
fn a_child_that_is_folded_is_neither_missed_nor_counted_twice() {
    model(
        |root| {
            let child = root.split(2, NOW);
            child.set_length(Some(2));
            count(&child, 1);
            child.end(&End::Completed, &Ending::new(&|| NOW));
            count(root, 1);
        },
        FULL / 4 * 3,
    );
}

#[test]
fn a_node_that_is_used_again_starts_over() {
    model(
        |root| {
            for _ in 0..2 {
                let child = root.split(1, NOW);
                child.set_length(Some(1));
                count(&child, 1);
                child.end(&End::Completed, &Ending::new(&|| NOW));
            }
        },
        FULL / 2,
    );
}

#[test]
fn a_node_that_is_still_held_is_not_used_again() {
    model(
        |root| {
            let first = root.split(1, NOW);
            first.end(&End::Completed, &Ending::new(&|| NOW));
            let second = root.split(1, NOW);
            second.set_length(Some(1));
            count(&first, 1);
        },
        FULL / 4,
    );
}

#[test]
fn a_node_with_a_message_is_used_again() {
    model(
        |root| {
            let first = root.split(2, NOW);
            first.set_message("nothing to do");
            first.abandon(&Ending::new(&|| NOW));
            drop(first);
            let second = root.split(2, NOW);
            second.set_length(Some(2));
            second.split(1, NOW).end(&End::Completed, &Ending::new(&|| NOW));
            count(&second, 1);
        },
        FULL / 2,
    );
}

#[test]
fn a_step_ends_as_the_next_one_begins() {
    static STEPS: [PlanStep; 2] = [PlanStep::new("one", "One", 1), PlanStep::new("two", "Two", 1)];
    static LIST: StepList = StepList::new(0, &STEPS);
    model(
        |root| {
            let job = root.split(4, NOW);
            job.adopt(&LIST);
            let first = job.open(0, NOW);
            first.set_length(Some(2));
            count(&first, 1);
            drop(first);
            let second = job.close_and_open_next(0, &Ending::new(&|| NOW));
            second.set_length(Some(2));
            count(&second, 1);
        },
        FULL / 4 * 3,
    );
}

/// A child begins to have children while its parent ends it.
#[test]
fn a_share_that_divides_itself_as_it_ends_is_counted_once() {
    model(
        |root| {
            let child = root.split(4, NOW);
            child.set_length(Some(2));
            let late = thread::spawn({
                let child = Arc::clone(&child);
                move || {
                    let grandchild = child.split(1, NOW);
                    count(&grandchild, 1);
                    grandchild.end(&End::Completed, &Ending::new(&|| NOW));
                }
            });
            child.end(&End::Completed, &Ending::new(&|| NOW));
            late.join().unwrap();
        },
        FULL,
    );
}

#[test]
fn a_child_that_is_dropped_with_children_of_its_own_is_folded_once() {
    model(
        |root| {
            let child = root.split(4, NOW);
            child.set_length(Some(2));
            let grandchild = child.split(1, NOW);
            child.abandon(&Ending::new(&|| NOW));
            grandchild.end(&End::Completed, &Ending::new(&|| NOW));
        },
        FULL / 2,
    );
}

#[test]
fn a_length_that_grows_and_a_position_that_falls_hold_the_value() {
    model(
        |root| {
            count(root, 2);
            root.set_length(Some(8));
            root.fall_back(0);
            count(root, 6);
        },
        FULL / 4 * 3,
    );
}

#[test]
fn two_owners_and_a_reader_agree() {
    model(
        |root| {
            let (one, two) = (root.split(2, NOW), root.split(2, NOW));
            let other = thread::spawn(move || {
                two.set_length(Some(1));
                count(&two, 1);
                two.end(&End::Completed, &Ending::new(&|| NOW));
            });
            one.set_length(Some(2));
            count(&one, 1);
            one.end(&End::Failed(None), &Ending::new(&|| NOW));
            other.join().unwrap();
        },
        FULL / 4 * 3,
    );
}

#[test]
fn the_late_updates_of_an_attempt_reach_nothing() {
    static STEPS: [PlanStep; 1] = [PlanStep::new("call", "Call", 4)];
    static LIST: StepList = StepList::new(0, &STEPS);
    model(
        |root| {
            let job = root.split(4, NOW);
            job.adopt(&LIST);
            let first = job.start(0, NOW);
            first.set_length(Some(2));
            count(&first, 1);
            let late = thread::spawn({
                let first = Arc::clone(&first);
                move || {
                    count(&first, 1);
                    first.set_length(Some(1));
                }
            });
            // The value of the first attempt stays, whether or not its late updates came in time.
            job.detach_attempt(0, "failed".into());
            let second = job.start_attempt(0);
            late.join().unwrap();
            second.set_length(Some(1));
            count(&second, 1);
            job.close(0, &End::Completed, &Ending::new(&|| NOW));
        },
        FULL,
    );
}

#[test]
fn a_counter_that_is_folded_keeps_its_count() {
    model(
        |root| {
            let (one, two) = (root.add_cell(), root.add_cell());
            let other = thread::spawn({
                let root = Arc::clone(root);
                move || {
                    two.count.fetch_add(1, loom::sync::atomic::Ordering::Relaxed);
                    root.fold_cell(&two);
                }
            });
            one.count.fetch_add(1, loom::sync::atomic::Ordering::Relaxed);
            root.fold_cell(&one);
            other.join().unwrap();
        },
        FULL / 2,
    );
}

/// A reader reads while these messages are set one after the other: it reads each of them whole or
/// not at all.
fn messages(texts: &'static [&'static str]) {
    let mut checker = loom::model::Builder::new();
    checker.preemption_bound = Some(2);
    checker.check(move || {
        let message = Arc::new(MessageCell::new());
        let reader = thread::spawn({
            let message = Arc::clone(&message);
            move || message.read(0, |_, text| assert!(texts.contains(&text), "a mixture: {text:?}"))
        });
        for text in texts {
            message.set(text);
        }
        reader.join().unwrap();
        assert_eq!(message.read(0, |_, text| text.to_owned()).as_deref(), texts.last().copied());
    });
}

#[test]
fn a_message_is_read_whole_or_not_at_all() {
    messages(&["page 1 of 10", "page 2", "page 3 of 10"]);
}

/// A short message lies in words, a long one under a lock: the one takes the other's place as a
/// whole.
#[test]
fn a_long_message_takes_the_place_of_a_short_one() {
    const LONG: &str = concat!(
        "a message that does not fit into the words of a short one, since it goes on and on, past ",
        "ninety-six bytes of text"
    );
    messages(&["short", LONG, "again"]);
    messages(&[LONG, "short", LONG]);
}
