//! What stays on the screen when a run has ended.

/// What the bars leave on the screen when their run has ended: see
/// [`Terminal::keep`](super::Terminal::keep).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keep {
    /// Nothing, however the run has ended: the program says so itself.
    Nothing,
    /// One line with the result, and the errors.
    Line,
    /// The result, the outermost steps and the errors. A run whose bars were never shown, because it
    /// was quick, leaves its result and its errors.
    #[default]
    Steps,
    /// The result, all steps with those inside them, and the errors, also of a quick run.
    All,
}
