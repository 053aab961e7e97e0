//! Which machine a run was on.

use std::thread;

use crate::plan::Fnv;

/// A hash of the machine's name and number of cores, so that the runs of other machines count less.
///
/// It has 16 bits: enough to tell a few machines apart, and too few to find the name by trial.
pub(crate) fn host() -> Option<String> {
    let name = gethostname::gethostname();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    (!name.is_empty()).then(|| hash(name.as_encoded_bytes(), cores))
}

fn hash(name: &[u8], cores: usize) -> String {
    let Fnv(hash) = Fnv::NEW.number(cores as u64).bytes(name);
    // The upper half depends on all bytes, as the lower half does; together they spread better.
    let short = (hash >> 48) ^ (hash >> 32) ^ (hash >> 16) ^ hash;
    format!("{:04x}", short & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::{hash, host};

    #[test]
    fn the_name_and_the_number_of_cores_tell_machines_apart() {
        assert_eq!(hash(b"builder", 8), hash(b"builder", 8));
        assert_ne!(hash(b"builder", 8), hash(b"builder", 4));
        assert_ne!(hash(b"builder", 8), hash(b"laptop", 8));
    }

    #[test]
    fn a_host_has_four_digits_and_stays_the_same() {
        let here = host().unwrap();
        assert!(here.len() == 4 && here.chars().all(|char| char.is_ascii_hexdigit()), "{here}");
        assert_eq!(host(), Some(here));
    }
}
