//! What branches and concurrent bodies return, for the macro: each as the workflow itself would
//! with `?`.

use std::convert::Infallible;

/// The return type of a workflow, as its concurrent parts see it.
#[diagnostic::on_unimplemented(
    message = "`?` in a branch or a concurrent body needs a workflow that returns a `Result` or an `Option`",
    label = "cannot end early"
)]
pub trait BranchReturn {
    /// What makes the workflow end early.
    type Residual;
    /// What a branch with a value of type `T` returns.
    type Branch<T>;
    /// What all branches together return.
    type All<T>;

    /// The value of a branch that has ended well.
    fn wrap<T>(value: T) -> Self::Branch<T>;

    /// The value of all branches.
    fn all<T>(result: Result<T, Self::Residual>) -> Self::All<T>;
}

/// What a branch has returned.
pub trait Settled {
    /// The value of a branch that has ended well.
    type Value;
    /// What makes the workflow end early.
    type Residual;

    /// The one or the other.
    fn settle(self) -> Result<Self::Value, Self::Residual>;
}

impl<V, E> BranchReturn for Result<V, E> {
    type Residual = E;
    type Branch<T> = Result<T, E>;
    type All<T> = Result<T, E>;

    fn wrap<T>(value: T) -> Self::Branch<T> {
        Ok(value)
    }

    fn all<T>(result: Result<T, E>) -> Self::All<T> {
        result
    }
}

impl<T, E> Settled for Result<T, E> {
    type Value = T;
    type Residual = E;

    fn settle(self) -> Self {
        self
    }
}

impl<V> BranchReturn for Option<V> {
    type Residual = ();
    type Branch<T> = Option<T>;
    type All<T> = Option<T>;

    fn wrap<T>(value: T) -> Self::Branch<T> {
        Some(value)
    }

    fn all<T>(result: Result<T, ()>) -> Self::All<T> {
        result.ok()
    }
}

impl<T> Settled for Option<T> {
    type Value = T;
    type Residual = ();

    fn settle(self) -> Result<T, ()> {
        self.ok_or(())
    }
}

/// Stands for the return type where no branch ends early.
pub enum Always {}

/// The value of a branch that cannot end early.
pub struct Plain<T>(T);

impl BranchReturn for Always {
    type Residual = Infallible;
    type Branch<T> = Plain<T>;
    type All<T> = T;

    fn wrap<T>(value: T) -> Plain<T> {
        Plain(value)
    }

    fn all<T>(result: Result<T, Infallible>) -> T {
        let Ok(value) = result;
        value
    }
}

impl<T> Settled for Plain<T> {
    type Value = T;
    type Residual = Infallible;

    fn settle(self) -> Result<T, Infallible> {
        Ok(self.0)
    }
}

/// The value of a branch that has ended well.
pub fn wrap<R: BranchReturn, T>(value: T) -> R::Branch<T> {
    R::wrap(value)
}
