//! Hashes of a plan: keys under which a program can keep data of earlier runs.
//!
//! The hash is FNV-1a with 64 bits, by Glenn Fowler, Landon Curt Noll and Phong Vo
//! (<http://www.isthe.com/chongo/tech/comp/fnv/>). It runs at compile time, needs no tables, and
//! gives the same values on each machine and in each version of this crate. It prevents accidental
//! collisions, not deliberate ones.
//!
//! The encoding is unambiguous: a number has eight bytes, and texts and lists follow their length.

use super::{Plan, PlanStep, StepList, Structure};

impl Plan {
    /// Returns a hash of the ids, the nesting and the [`Structure`] of all steps, but not of their
    /// titles and weights.
    ///
    /// It is the key for data of earlier runs, such as the duration of each step. The data applies
    /// while the hash is the same. The hash changes when a step is added, removed or moved, or gets
    /// another id. It does not change when the workflow's function is renamed.
    ///
    /// ```
    /// # use progress_runtime::{Interrupted, Progress, workflow};
    /// # async fn fetch() {}
    /// workflow!(
    ///     async fn import(progress: Progress) -> Result<(), Interrupted> {
    ///         #[step(3, "Fetch", id = "fetch")]
    ///         #[untracked]
    ///         fetch().await;
    ///
    ///         Ok(())
    ///     }
    /// );
    /// workflow!(
    ///     async fn renamed(progress: Progress) -> Result<(), Interrupted> {
    ///         #[step(5, "Fetch the feed", id = "fetch")]
    ///         #[untracked]
    ///         fetch().await;
    ///
    ///         Ok(())
    ///     }
    /// );
    ///
    /// assert_eq!(import_plan().shape_hash(), renamed_plan().shape_hash());
    /// assert_ne!(import_plan().weight_hash(), renamed_plan().weight_hash());
    /// ```
    pub const fn shape_hash(&self) -> u64 {
        Fnv::NEW.shape(&self.list).0
    }

    /// Returns a hash of all weights and their nesting, but not of ids and titles.
    ///
    /// Two runs of one shape with different weights show different numbers for the same work. So a
    /// recorded number applies only to runs with the same weight hash.
    pub const fn weight_hash(&self) -> u64 {
        Fnv::NEW.weights(&self.list).0
    }
}

/// The state of the hash, and its value.
#[derive(Clone, Copy)]
pub(crate) struct Fnv(pub(crate) u64);

impl Fnv {
    pub(crate) const NEW: Self = Self(0xcbf2_9ce4_8422_2325);
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    pub(crate) const fn bytes(mut self, bytes: &[u8]) -> Self {
        let mut at = 0;
        while at < bytes.len() {
            self.0 = (self.0 ^ bytes[at] as u64).wrapping_mul(Self::PRIME);
            at += 1;
        }
        self
    }

    pub(crate) const fn number(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    const fn text(self, text: &str) -> Self {
        self.number(text.len() as u64).bytes(text.as_bytes())
    }

    const fn shape(self, list: &StepList) -> Self {
        let mut hash = self.number(list.steps.len() as u64);
        let mut at = 0;
        while at < list.steps.len() {
            let PlanStep { id, structure, list: inner, .. } = &list.steps[at];
            hash = hash.text(id).number(structure.code()).shape(inner);
            at += 1;
        }
        hash
    }

    const fn weights(self, list: &StepList) -> Self {
        let mut hash = self.number(list.head as u64).number(list.steps.len() as u64);
        let mut at = 0;
        while at < list.steps.len() {
            let PlanStep { weight, list: inner, .. } = &list.steps[at];
            hash = hash.number(*weight as u64).weights(inner);
            at += 1;
        }
        hash
    }
}

impl Structure {
    /// Returns the number of a structure in a hash. It never changes, because programs store
    /// hashes.
    const fn code(self) -> u64 {
        match self {
            Self::Sequence => 0,
            Self::Each => 1,
            Self::Concurrent => 2,
            Self::Parallel => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fnv;
    use crate::plan::Structure::{Each, Parallel, Sequence};
    use crate::plan::{Plan, PlanStep, StepList, Structure};

    const fn leaf(id: &'static str, title: &'static str, weight: u32) -> PlanStep {
        PlanStep::new(id, title, weight)
    }

    const fn inner(id: &'static str, structure: Structure, steps: StepList) -> PlanStep {
        PlanStep::new(id, "Title", 1).with_structure(structure).with_steps(steps)
    }

    const fn plan(head: u32, steps: &'static [PlanStep]) -> Plan {
        Plan::new("import", "Import", StepList::new(head, steps))
    }

    const BASE: Plan = plan(0, &[leaf("a", "A", 1), leaf("b", "B", 2)]);

    /// The vectors come from the authors' own test suite.
    #[test]
    fn it_is_fnv_1a() {
        let hash = |text: &str| Fnv::NEW.bytes(text.as_bytes()).0;
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_hashes_never_change() {
        const SHAPE: u64 = BASE.shape_hash();
        const WEIGHTS: u64 = BASE.weight_hash();
        assert_eq!(SHAPE, 0x5b24_df07_8ef2_9c52);
        assert_eq!(WEIGHTS, 0x5879_cd8e_885c_7064);
    }

    #[test]
    fn titles_and_names_change_neither_hash() {
        static STEPS: [PlanStep; 2] = [leaf("a", "Other", 1), leaf("b", "Title", 2)];
        let other = Plan::new("renamed", "Renamed", StepList::new(0, &STEPS));
        assert_eq!(other.shape_hash(), BASE.shape_hash());
        assert_eq!(other.weight_hash(), BASE.weight_hash());
    }

    #[test]
    fn weights_change_one_hash_and_ids_the_other() {
        const WEIGHTS: Plan = plan(0, &[leaf("a", "A", 2), leaf("b", "B", 1)]);
        assert_eq!(WEIGHTS.shape_hash(), BASE.shape_hash());
        assert_ne!(WEIGHTS.weight_hash(), BASE.weight_hash());

        const IDS: Plan = plan(0, &[leaf("b", "A", 1), leaf("a", "B", 2)]);
        assert_ne!(IDS.shape_hash(), BASE.shape_hash());
        assert_eq!(IDS.weight_hash(), BASE.weight_hash());

        const HEAD: Plan = plan(1, &[leaf("a", "A", 1), leaf("b", "B", 2)]);
        assert_eq!(HEAD.shape_hash(), BASE.shape_hash());
        assert_ne!(HEAD.weight_hash(), BASE.weight_hash());
    }

    #[test]
    fn structure_and_nesting_change_the_shape_hash() {
        const A: PlanStep = leaf("a", "A", 1);
        const B: PlanStep = leaf("b", "B", 1);
        const BESIDE: Plan = plan(0, &[inner("g", Sequence, StepList::new(0, &[A])), B]);
        const INSIDE: Plan = plan(0, &[inner("g", Sequence, StepList::new(0, &[A, B]))]);
        const EACH: Plan = plan(0, &[inner("g", Each, StepList::new(0, &[A, B]))]);
        const PARALLEL: Plan = plan(0, &[inner("g", Parallel, StepList::new(0, &[A, B]))]);

        let shapes = [&BESIDE, &INSIDE, &EACH, &PARALLEL].map(Plan::shape_hash);
        for (at, shape) in shapes.iter().enumerate() {
            assert!(!shapes[..at].contains(shape), "{shapes:x?}");
        }
        assert_ne!(BESIDE.weight_hash(), INSIDE.weight_hash());
        assert_eq!(INSIDE.weight_hash(), EACH.weight_hash());
    }

    #[test]
    fn the_boundary_between_two_ids_changes_the_shape_hash() {
        const AB_C: Plan = plan(0, &[leaf("ab", "", 1), leaf("c", "", 1)]);
        const A_BC: Plan = plan(0, &[leaf("a", "", 1), leaf("bc", "", 1)]);
        assert_ne!(AB_C.shape_hash(), A_BC.shape_hash());
    }
}
