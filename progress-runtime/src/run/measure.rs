//! What the number of a run measures.

/// What the number of a run measures: [`RunBuilder::measure`](super::RunBuilder::measure) sets it.
///
/// There are two honest numbers, and a run has both:
///
/// - **by weights**, [`Run::done`](super::Run::done): how much of the plan is done. It depends on the
///   declared weights and on what the code reports, and on nothing else. It stands while a step does
///   not report, and jumps when a long step turns out to be short.
/// - **by time**: the part of the run's time that has gone by, estimated from earlier runs of the
///   workflow, from what the steps of this one report, and from the weights where nothing else is
///   known. At 48 %, the run will take about as long again. It moves smoothly while the work does.
///
/// [`Run::percent`](super::Run::percent), reporters and snapshots show the one that is chosen here.
/// Neither number falls, and both are 100 % only after a good end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// The part of the plan that is done. The default without a history.
    Weights,
    /// The part of the time that has gone by. The default with a history.
    Time,
}
