//! How honest a number was: the figures of one run, and those of a workflow.

use super::replay::{LOOKS, Seen};

/// A gain of less than this within a stretch is a stall.
const STALL: f64 = 0.002;

/// The figures of one run. Parts of the whole are in percent or percentage points.
#[derive(Clone, Copy, Debug, Default)]
pub struct Score {
    /// The mean of |shown − the part of the time that has gone by|.
    pub l1: f64,
    /// The longest stretch in which next to nothing is gained, in percent of the time.
    pub stall: f64,
    /// The largest gain between two looks.
    pub jump: f64,
    /// What is missing to 100 % at the last look.
    pub end: f64,
    /// The error of the time left at a quarter, at half and at three quarters of the time, in
    /// percent of what is left.
    pub left: [Option<f64>; 3],
}

impl Score {
    /// Scores the number `shown` of a run of `total_ms`.
    pub fn of(seen: &[Seen], total_ms: u64, shown: impl Fn(&Seen) -> f64) -> Self {
        let total = total_ms as f64;
        let looks = f64::from(LOOKS);
        let mut score = Self::default();
        let mut gained = vec![0.0];
        for (at, seen) in seen.iter().enumerate() {
            let (now, part) = (shown(seen), (at as f64 + 0.5) / looks);
            score.l1 += (now - part).abs() / looks * 100.0;
            score.jump = score.jump.max((now - gained[at]) * 100.0);
            gained.push(now);
        }
        score.end = (1.0 - gained.last().copied().unwrap_or_default()) * 100.0;
        let mut first = 0;
        for (at, now) in gained.iter().enumerate() {
            while now - gained[first] > STALL {
                first += 1;
            }
            score.stall = score.stall.max((at - first) as f64 / looks * 100.0);
        }
        score.left = [1, 2, 3].map(|quarter| {
            let seen = seen.get(seen.len() * quarter / 4)?;
            let left = total - seen.at_ms;
            seen.eta_ms.map(|eta| (eta as f64 - left).abs() / left * 100.0)
        });
        score
    }
}

/// The figures of a workflow: means over its runs, and the median of the errors of the time left.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub runs: usize,
    pub l1: f64,
    pub l1_p90: f64,
    pub stall: f64,
    pub jump: f64,
    pub end: f64,
    pub left: [Option<f64>; 3],
}

impl Summary {
    pub fn of(scores: &[Score]) -> Self {
        let mean = |figure: fn(&Score) -> f64| {
            scores.iter().map(figure).sum::<f64>() / scores.len().max(1) as f64
        };
        let sorted = |figures: &mut Vec<f64>| figures.sort_by(f64::total_cmp);
        let mut l1: Vec<_> = scores.iter().map(|score| score.l1).collect();
        sorted(&mut l1);
        let p90 = (0.9 * l1.len().saturating_sub(1) as f64 + 0.5) as usize;
        let left = [0, 1, 2].map(|quarter| {
            let mut errors: Vec<_> =
                scores.iter().filter_map(|score| score.left[quarter]).collect();
            sorted(&mut errors);
            let middle = |at: usize| errors.get(at).copied();
            let upper = middle(errors.len() / 2)?;
            let lower = middle((errors.len() - 1) / 2)?;
            Some((lower + upper) / 2.0)
        });
        Self {
            runs: scores.len(),
            l1: mean(|score| score.l1),
            l1_p90: l1.get(p90).copied().unwrap_or_default(),
            stall: mean(|score| score.stall),
            jump: mean(|score| score.jump),
            end: mean(|score| score.end),
            left,
        }
    }

    /// The mean over workflows.
    pub fn mean(workflows: &[Self]) -> Self {
        let mean = |figure: fn(&Self) -> f64| {
            workflows.iter().map(figure).sum::<f64>() / workflows.len().max(1) as f64
        };
        let left = [0, 1, 2].map(|quarter| {
            let known: Vec<_> = workflows.iter().filter_map(|flow| flow.left[quarter]).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        });
        Self {
            runs: workflows.iter().map(|flow| flow.runs).sum(),
            l1: mean(|flow| flow.l1),
            l1_p90: mean(|flow| flow.l1_p90),
            stall: mean(|flow| flow.stall),
            jump: mean(|flow| flow.jump),
            end: mean(|flow| flow.end),
            left,
        }
    }
}
