//! The return types of branches and concurrent bodies, which make `?` in them end the workflow.

use std::convert::Infallible;

/// The return type of a workflow, from which the return types of its branches follow.
#[diagnostic::on_unimplemented(
    message = "`?` in a branch or a concurrent body needs a workflow that returns a `Result` or an `Option`",
    label = "cannot end early"
)]
pub trait BranchReturn {
    /// The value that ends the workflow early, such as an error.
    type Residual;
    /// The return type of a branch whose value is a `T`.
    type Branch<T>;
    /// The return type of all branches together.
    type All<T>;

    /// Wraps the value of a branch that has completed.
    fn wrap<T>(value: T) -> Self::Branch<T>;

    /// Wraps the values of all branches, or the residual of the first that ended early.
    fn all<T>(result: Result<T, Self::Residual>) -> Self::All<T>;
}

/// The output of a branch.
pub trait Settled {
    /// The value of a branch that has completed.
    type Value;
    /// The value that ends the workflow early.
    type Residual;

    /// Separates the two.
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

/// Stands in for the return type if no branch ends early.
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

/// Wraps the value of a branch that has completed.
pub fn wrap<R: BranchReturn, T>(value: T) -> R::Branch<T> {
    R::wrap(value)
}
