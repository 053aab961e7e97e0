//! The rules of the number as plain arithmetic with exact fractions.
//!
//! A share has a truth between 0 and 1, and a value: the largest truth that it has had. The number
//! shown is the value of the root. [`Model`] keeps a tree of shares, applies one event after the
//! other, and computes every truth from scratch after each.

use std::ops::RangeInclusive;

use num_rational::BigRational;
use num_traits::{One, Zero};

pub(crate) type Fraction = BigRational;

/// The index of a share in its model.
pub(crate) type Id = usize;

pub(crate) fn whole(number: u64) -> Fraction {
    Fraction::from_integer(number.into())
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// A step that has not started.
    Pending,
    Live,
    /// Finished or skipped: its truth is 1.
    Done,
    /// Failed and survived: its value stays until the next sibling opens.
    Failed,
    /// Ended without being done, as in an attempt that was given up: its value stays.
    Over,
}

struct Share {
    parent: Option<Id>,
    /// What it is worth among its siblings.
    units: Fraction,
    state: State,
    /// What the owner has counted, in units; a fraction of the length need not be whole.
    position: Fraction,
    length: Option<Fraction>,
    /// The units, and all that was done, when the owner said how much remains.
    start: (Fraction, Fraction),
    /// The value of earlier attempts: a new one is mapped onto the rest.
    base: Fraction,
    value: Fraction,
}

/// A tree of shares.
pub(crate) struct Model {
    shares: Vec<Share>,
}

impl Model {
    /// A run with a root that has not counted anything.
    pub(crate) fn new() -> Self {
        let mut model = Self { shares: Vec::new() };
        model.add(None, whole(1), State::Live);
        model
    }

    fn add(&mut self, parent: Option<Id>, units: Fraction, state: State) -> Id {
        let zero = Fraction::zero;
        let (position, base, value) = (zero(), zero(), zero());
        let start = (zero(), zero());
        self.shares.push(Share {
            parent,
            units,
            state,
            position,
            length: None,
            start,
            base,
            value,
        });
        self.shares.len() - 1
    }

    /// A share whose updates reach nothing.
    pub(crate) fn over(&mut self) -> Id {
        self.add(None, Fraction::zero(), State::Over)
    }

    /// The number that the run shows, in basis points, before its end. The run makes up for what its
    /// divisions lose, so a value that lies less than 2^-44 below the next basis point may show as
    /// that one.
    pub(crate) fn shown(&self) -> RangeInclusive<u16> {
        let value = &self.shares[0].value;
        let made_up = value + Fraction::new(1.into(), (1_u64 << 44).into());
        let basis_points = |value: &Fraction| {
            let floor = (value * whole(10_000)).floor().to_integer();
            u16::try_from(floor).unwrap().min(9_999)
        };
        basis_points(value)..=basis_points(&made_up)
    }

    /// Whether the share, and all around it, are at work: otherwise its updates reach nothing.
    pub(crate) fn is_live(&self, id: Id) -> bool {
        let share = &self.shares[id];
        share.state == State::Live && share.parent.is_none_or(|parent| self.is_live(parent))
    }

    /// Makes a change in a share that is at work, and computes all truths anew.
    fn change(&mut self, id: Id, change: impl FnOnce(&mut Share)) {
        if self.is_live(id) {
            change(&mut self.shares[id]);
            self.settle(0);
        }
    }

    pub(crate) fn set_length(&mut self, id: Id, length: Option<Fraction>) {
        self.change(id, |share| share.length = length);
    }

    pub(crate) fn set_position(&mut self, id: Id, position: Fraction) {
        self.change(id, |share| share.position = position);
    }

    /// Sets a fraction: a position of a length.
    pub(crate) fn set_fraction(&mut self, id: Id, position: Fraction, length: Fraction) {
        self.change(id, |share| (share.position, share.length) = (position, Some(length)));
    }

    /// So many units more share what is left.
    pub(crate) fn set_remaining(&mut self, id: Id, units: u64) {
        let (start, done) = (self.units_done(id), self.done(id));
        self.change(id, |share| {
            share.base = share.value.clone();
            share.length = Some(&start + whole(units));
            share.start = (start, done);
        });
    }

    /// What the owner has counted, with the units of the shares that have ended.
    pub(crate) fn units_done(&self, id: Id) -> Fraction {
        let ended = self
            .shares
            .iter()
            .filter(|child| child.parent == Some(id) && child.state == State::Done);
        ended.fold(self.shares[id].position.clone(), |sum, child| sum + &child.units)
    }

    /// All that is done, by the owner and in the children.
    fn done(&self, id: Id) -> Fraction {
        let children = self.shares.iter().filter(|child| child.parent == Some(id));
        let children = children.map(|child| &child.units * &child.value);
        children.fold(self.shares[id].position.clone(), |sum, done| sum + done)
    }

    pub(crate) fn position(&self, id: Id) -> Fraction {
        self.shares[id].position.clone()
    }

    /// Splits a share off. What failed siblings have not earned counts from now on.
    pub(crate) fn split(&mut self, id: Id, units: u64) -> Id {
        self.open(id);
        let child = self.add(Some(id), whole(units), State::Live);
        self.settle(0);
        child
    }

    /// Takes over a list of steps with these weights, which become the length.
    pub(crate) fn adopt(&mut self, id: Id, weights: &[u32]) -> Vec<Id> {
        let total = weights.iter().map(|weight| u64::from(*weight)).sum();
        self.change(id, |share| {
            (share.position, share.length) = (Fraction::zero(), Some(whole(total)));
            share.start = (Fraction::zero(), Fraction::zero());
        });
        let pending = |weight: &u32| self.add(Some(id), whole((*weight).into()), State::Pending);
        weights.iter().map(pending).collect()
    }

    /// A step is entered.
    pub(crate) fn enter(&mut self, step: Id) {
        if let Some(parent) = self.shares[step].parent.filter(|parent| self.is_live(*parent)) {
            self.open(parent);
            self.settle(0);
        }
    }

    pub(crate) fn start(&mut self, step: Id) {
        self.end_as(step, State::Live, State::Pending);
    }

    pub(crate) fn skip(&mut self, step: Id) {
        self.end_as(step, State::Done, State::Pending);
    }

    pub(crate) fn finish(&mut self, id: Id) {
        self.end_as(id, State::Done, State::Live);
    }

    pub(crate) fn fail(&mut self, id: Id) {
        self.end_as(id, State::Failed, State::Live);
    }

    fn end_as(&mut self, id: Id, to: State, from: State) {
        let around = self.shares[id].parent.is_none_or(|parent| self.is_live(parent));
        if around && self.shares[id].state == from {
            self.shares[id].state = to;
            self.settle(0);
        }
    }

    /// An attempt fails, and another one begins: all of it is to be done again.
    pub(crate) fn retry(&mut self, id: Id) {
        for child in 0..self.shares.len() {
            if self.shares[child].parent == Some(id) {
                self.shares[child].state = State::Over;
                self.shares[child].units = Fraction::zero();
            }
        }
        self.change(id, |share| {
            share.base = share.value.clone();
            (share.position, share.length) = (Fraction::zero(), None);
            share.start = (Fraction::zero(), Fraction::zero());
        });
    }

    /// A child opens: failed siblings count as done.
    fn open(&mut self, parent: Id) {
        for share in &mut self.shares {
            if share.parent == Some(parent) && share.state == State::Failed {
                share.state = State::Done;
            }
        }
    }

    /// Raises the values of a share, and of all in it, to their truths.
    fn settle(&mut self, id: Id) {
        for child in 0..self.shares.len() {
            if self.shares[child].parent == Some(id) {
                self.settle(child);
            }
        }
        let truth = self.truth(id);
        let share = &mut self.shares[id];
        let mapped = &share.base + (Fraction::one() - &share.base) * truth;
        if share.state != State::Failed && share.state != State::Over && mapped > share.value {
            share.value = mapped;
        }
    }

    fn truth(&self, id: Id) -> Fraction {
        let share = &self.shares[id];
        match (share.state, &share.length) {
            (State::Done, _) => Fraction::one(),
            (State::Pending, _) | (_, None) => Fraction::zero(),
            (_, Some(length)) if *length <= share.start.0 => Fraction::one(),
            (_, Some(length)) => {
                let (start, before) = &share.start;
                let done = (self.done(id) - before).max(Fraction::zero());
                (done / (length - start)).min(Fraction::one())
            }
        }
    }
}
