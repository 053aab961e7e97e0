//! The id of a run.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::OnceLock;

use crate::text::Text;

/// The id that the builder was given, or a random one.
pub(super) struct RunId(OnceLock<Text>);

impl RunId {
    pub(super) fn new(id: Option<Text>) -> Self {
        Self(id.map_or_else(OnceLock::new, OnceLock::from))
    }

    /// The id. A random one is drawn when it is first needed.
    pub(super) fn get(&self) -> &Text {
        self.0.get_or_init(|| random().into())
    }
}

/// 128 bits in hexadecimal, seeded by the system's source of randomness.
fn random() -> String {
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::RunId;

    #[test]
    fn a_random_id_is_drawn_once_and_unlike_any_other() {
        let (one, other) = (RunId::new(None), RunId::new(None));
        assert_eq!(one.get(), one.get());
        assert_ne!(one.get(), other.get());
        assert!(one.get().len() == 32 && one.get().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn an_id_that_was_given_is_kept() {
        assert_eq!(RunId::new(Some("import-7".into())).get(), "import-7");
    }
}
