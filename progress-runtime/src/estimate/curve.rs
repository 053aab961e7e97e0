//! How the own progress of a step relates to its time.

/// The parts of a step's own progress at which its time is kept. The end of a step is often unlike
/// the rest, so the marks are closer together there.
pub(crate) const MARKS: [f64; 10] = [
    1.0 / 8.0,
    2.0 / 8.0,
    3.0 / 8.0,
    4.0 / 8.0,
    5.0 / 8.0,
    6.0 / 8.0,
    7.0 / 8.0,
    15.0 / 16.0,
    31.0 / 32.0,
    63.0 / 64.0,
];
