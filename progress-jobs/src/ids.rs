//! The ids of jobs, knocks, owners and workers. Those of one process grow, also within a
//! millisecond, so that a list by id is in the order of creation.

use std::sync::Mutex;

use ulid::{Generator, Ulid};

use crate::sync::lock;

static GENERATOR: Mutex<Generator> = Mutex::new(Generator::new());

/// A new id, greater than all before it.
pub(crate) fn ulid() -> Ulid {
    let mut generator = lock(&GENERATOR);
    // A clock that was set back for long is no reason to fail.
    generator.generate().unwrap_or_else(|overflow| overflow.commit_overflow_increment())
}

/// A new id as text, which sorts as the id does.
pub(crate) fn id() -> String {
    ulid().to_string()
}

#[cfg(test)]
mod tests {
    use super::id;

    #[test]
    fn ids_grow_within_a_millisecond() {
        let ids: Vec<_> = (0..10_000).map(|_| id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
