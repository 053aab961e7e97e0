//! The number shown is that of the reference model, to the basis point, for any sequence of events
//! in any plan, from one thread or from several.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use progress_runtime::__private::{Plan, PlanStep, Returns, StepList, Steps, Verdict, begin};
use progress_runtime::backon::ConstantBuilder;
use progress_runtime::{Progress, Run};
use proptest::prelude::*;

use crate::support::model::{Fraction, Id, Model, whole};

/// What the owner of a share, or a workflow at one of its steps, does.
#[derive(Clone, Debug)]
enum Event {
    Length(u64),
    NoLength,
    Inc(u64),
    Position(u64),
    /// So many thousandths of the length.
    Fraction(u16),
    Split(u64),
    Finish,
    Drop,
    /// The step at work ends well, and the next one starts; the same for the others.
    Next,
    Fail,
    Skip,
    Retry,
}

/// An owner: of a share, or of a list of steps.
enum Owner {
    Share(Progress, Id),
    List(List),
}

struct List {
    steps: Steps,
    ids: Vec<Id>,
    /// The step at work.
    current: Option<usize>,
    entered: usize,
}

/// A run, its model, and the owners of its shares.
struct World {
    run: Run,
    model: Model,
    owners: Vec<Owner>,
}

impl World {
    fn new() -> Self {
        let (run, root) = Run::start("Model");
        Self { run, model: Model::new(), owners: vec![Owner::Share(root, 0)] }
    }

    /// Plays an event of one of the owners on both, and compares them.
    fn play(&mut self, owner: usize, event: &Event) {
        let owner = owner % self.owners.len();
        match &mut self.owners[owner] {
            Owner::List(list) => {
                if let Some((progress, id)) = list.play(event, &mut self.model) {
                    // The late updates of an earlier attempt reach nothing.
                    for owner in &mut self.owners {
                        if let Owner::Share(_, earlier) = owner
                            && *earlier == id
                        {
                            *earlier = self.model.over();
                        }
                    }
                    self.owners.push(Owner::Share(progress, id));
                }
            }
            Owner::Share(..) => self.play_share(owner, event),
        }
        assert_eq!(self.run.snapshot().progress, self.model.shown(), "after {event:?} of {owner}");
    }

    fn play_share(&mut self, owner: usize, event: &Event) {
        let Self { model, owners, .. } = self;
        let Owner::Share(progress, id) = &mut owners[owner] else { return };
        let id = *id;
        match event {
            Event::Length(length) => {
                model.set_position(id, model.position(id).floor());
                progress.set_length(*length);
                model.set_length(id, Some(whole(*length)));
            }
            Event::NoLength => {
                model.set_position(id, model.position(id).floor());
                progress.unset_length();
                model.set_length(id, None);
            }
            Event::Inc(units) => {
                progress.inc(*units);
                model.set_position(id, model.position(id) + whole(*units));
            }
            Event::Position(position) => {
                progress.set_position(*position);
                model.set_position(id, whole(*position));
            }
            Event::Fraction(thousandths) => {
                let length = progress.length().unwrap_or(100);
                progress.set_fraction(f64::from(*thousandths) / 1_000.0);
                let part = Fraction::new((*thousandths).into(), 1_000.into());
                model.set_fraction(id, whole(length) * part, whole(length));
            }
            Event::Split(units) => {
                model.set_position(id, model.position(id).floor());
                let share = progress.split(*units);
                let live = model.is_live(id);
                let child = model.split(id, *units);
                if live {
                    owners.push(Owner::Share(share, child));
                }
            }
            Event::Finish if owners.len() > 1 && owner > 0 => {
                if let Owner::Share(progress, id) = owners.swap_remove(owner) {
                    progress.finish();
                    model.finish(id);
                }
            }
            Event::Drop if owner > 0 => drop(owners.swap_remove(owner)),
            _ => {}
        }
    }
}

impl List {
    /// A list of steps on a run's root.
    fn new(progress: Progress, id: Id, weights: &[u32], model: &mut Model) -> Self {
        let steps = weights.iter().enumerate().map(|(index, weight)| {
            let key: &'static str = Box::leak(format!("step-{index}").into_boxed_str());
            PlanStep::new(key, key, *weight)
        });
        let list = StepList::new(0, Vec::leak(steps.collect()));
        let plan = Box::leak(Box::new(Plan::new("model", "Model", list)));
        let (completion, steps) = begin(progress, plan, &Returns::new(|_: &()| Verdict::Ok, None));
        // The workflow goes on for as long as the test looks.
        Box::leak(Box::new(completion));
        let ids = model.adopt(id, weights);
        Self { steps, ids, current: None, entered: 0 }
    }

    fn play(&mut self, event: &Event, model: &mut Model) -> Option<(Progress, Id)> {
        match (event, self.current) {
            (Event::Fail, Some(current)) => {
                self.steps.close_with(current, Verdict::Failed("failed".to_owned()));
                model.fail(self.ids[current]);
                self.current = None;
                None
            }
            (Event::Retry, Some(current)) => {
                let _pause = self.steps.again(true, "failed".to_owned())?;
                model.retry(self.ids[current]);
                Some((self.steps.attempt(), self.ids[current]))
            }
            (Event::Skip, None) if self.entered < self.ids.len() => {
                let index = self.enter(model);
                self.steps.skip(index, format_args!("not needed"));
                model.skip(self.ids[index]);
                None
            }
            (Event::Next, _) => {
                if let Some(current) = self.current.take() {
                    self.steps.close(current);
                    model.finish(self.ids[current]);
                }
                if self.entered == self.ids.len() {
                    return None;
                }
                let index = self.enter(model);
                let policy =
                    ConstantBuilder::default().with_delay(Duration::ZERO).with_max_times(3);
                self.steps.retry(index, policy);
                let progress = self.steps.attempt();
                model.start(self.ids[index]);
                self.current = Some(index);
                Some((progress, self.ids[index]))
            }
            _ => None,
        }
    }

    fn enter(&mut self, model: &mut Model) -> usize {
        let index = self.entered;
        self.entered += 1;
        self.steps.enter(index);
        model.enter(self.ids[index]);
        index
    }
}

fn event() -> impl Strategy<Value = Event> {
    let units = || prop_oneof![6 => 0_u64..20, 2 => 0_u64..2_000_000, 1 => any::<u64>()];
    prop_oneof![
        4 => units().prop_map(Event::Length),
        1 => Just(Event::NoLength),
        6 => units().prop_map(Event::Inc),
        3 => units().prop_map(Event::Position),
        2 => (0_u16..=1_000).prop_map(Event::Fraction),
        // A share that is worth many times the whole is not held to the last basis point.
        4 => prop_oneof![6 => 0_u64..20, 1 => 0_u64..2_000].prop_map(Event::Split),
        2 => Just(Event::Finish),
        1 => Just(Event::Drop),
        6 => Just(Event::Next),
        1 => Just(Event::Fail),
        1 => Just(Event::Skip),
        2 => Just(Event::Retry),
    ]
}

fn events(most: usize) -> impl Strategy<Value = Vec<(usize, Event)>> {
    prop::collection::vec((any::<usize>(), event()), 0..most)
}

fn weights() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![4 => 1_u32..30, 1 => Just(u32::MAX)], 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_plain_share_shows_the_number_of_the_model(events in events(60)) {
        let mut world = World::new();
        for (owner, event) in &events {
            world.play(*owner, event);
        }
    }

    #[test]
    fn a_list_of_steps_shows_the_number_of_the_model(
        weights in weights(),
        events in events(80),
    ) {
        let mut world = World::new();
        let Some(Owner::Share(root, id)) = world.owners.pop() else { unreachable!() };
        let list = List::new(root, id, &weights, &mut world.model);
        world.owners.push(Owner::List(list));
        for (owner, event) in &events {
            world.play(*owner, event);
        }
    }

    /// The owners play on threads of their own. The order of their events, which the lock makes, is
    /// the one that the model is played in.
    #[test]
    fn shares_on_several_threads_show_the_number_of_the_model(
        parts in prop::collection::vec(events(20), 2..4),
    ) {
        let world = Arc::new(Mutex::new(World::new()));
        let threads: Vec<_> = parts
            .into_iter()
            .map(|events| {
                let world = Arc::clone(&world);
                thread::spawn(move || {
                    for (owner, event) in &events {
                        world.lock().unwrap().play(*owner, event);
                    }
                })
            })
            .collect();
        for thread in threads {
            prop_assert!(thread.join().is_ok());
        }
    }
}
