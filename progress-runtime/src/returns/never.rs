//! The type `!`, which stable Rust can only name as the return type of a function.

/// A function type. `<fn() -> ! as Returned>::Type` is `!`.
pub trait Returned {
    /// The return type.
    type Type;
}

impl<T> Returned for fn() -> T {
    type Type = T;
}
