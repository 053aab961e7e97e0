//! Chains of parents: shares and scopes hold what is around them.

use std::sync::Arc;

/// Drops a chain of parents one by one, so that a deep one needs no deep stack.
pub(crate) fn drop_chain<T>(
    mut parent: Option<Arc<T>>,
    take_parent: impl Fn(&mut T) -> Option<Arc<T>>,
) {
    while let Some(mut last) = parent.and_then(Arc::into_inner) {
        parent = take_parent(&mut last);
    }
}
