//! What other ways to make a number would have shown, over the same runs.
//!
//! Each is the rule of a known program, written down from its documentation: only the number and the
//! time left are made, from the ends of the outermost steps.

use std::collections::HashMap;

use super::replay::{Seen, moments};
use super::trace::{Run, Verb};

/// A way to make a number.
pub struct Peer {
    pub name: &'static str,
    make: fn(&Run, &Earlier, f64) -> (f64, Option<f64>),
}

pub const PEERS: [Peer; 5] = [
    Peer { name: "fixed percents", make: fixed_percents },
    Peer { name: "sum of durations", make: sum_of_durations },
    Peer { name: "average speed", make: average_speed },
    Peer { name: "ninja", make: ninja },
    Peer { name: "tqdm", make: tqdm },
];

impl Peer {
    /// What it shows at each moment. It never goes back, as a bar would not.
    pub fn watch(&self, run: &Run, earlier: &Earlier) -> Vec<Seen> {
        let mut shown = 0.0_f64;
        moments(run.total_ms)
            .map(|at_ms| {
                let (now, eta_ms) = (self.make)(run, earlier, at_ms);
                shown = shown.max(now.clamp(0.0, 0.9999));
                let eta_ms = eta_ms.filter(|eta| eta.is_finite()).map(|eta| eta.max(0.0) as u64);
                Seen { at_ms, shown, done: shown, eta_ms }
            })
            .collect()
    }
}

/// How long the outermost steps of earlier runs took, in milliseconds.
#[derive(Default)]
pub struct Earlier(HashMap<String, Vec<f64>>);

impl Earlier {
    pub fn learn(&mut self, run: &Run) {
        for step in steps(run) {
            if let (Some(start), Some(end)) = (step.start, step.end) {
                self.0.entry(step.id.to_owned()).or_default().push(end - start);
            }
        }
    }

    /// The mean duration of a step; that of all steps for one that is not known.
    fn mean(&self, id: &str) -> f64 {
        let mean = |durations: &[f64]| durations.iter().sum::<f64>() / durations.len() as f64;
        match self.0.get(id) {
            Some(durations) => mean(durations),
            None if self.0.is_empty() => 1.0,
            None => {
                let all: Vec<_> = self.0.values().map(|durations| mean(durations)).collect();
                mean(&all)
            }
        }
    }
}

/// An outermost step of a run; in a run that is one parallel step, one of its branches.
struct OuterStep<'a> {
    id: &'a str,
    weight: f64,
    start: Option<f64>,
    end: Option<f64>,
    skipped: Option<f64>,
}

impl OuterStep<'_> {
    fn is_over(&self, now: f64) -> bool {
        self.end.or(self.skipped).is_some_and(|end| end <= now)
    }
}

fn steps(run: &Run) -> Vec<OuterStep<'_>> {
    let plan = &run.plan.steps;
    let outer = plan.iter().filter(|step| step.parent.is_none()).count();
    let parent = if outer == 1 && plan[0].has_steps { Some(0) } else { None };
    let mut found = Vec::new();
    for (at, step) in plan.iter().enumerate().filter(|(_, step)| step.parent == parent) {
        let time = |verbs: &[Verb]| {
            let event = run.events.iter().find(|event| {
                event.address.items.is_empty()
                    && event.address.step == Some(at)
                    && verbs.contains(&event.verb)
            });
            event.map(|event| event.at_ms as f64)
        };
        found.push(OuterStep {
            id: &step.id,
            weight: f64::from(step.weight),
            start: time(&[Verb::Start]),
            end: time(&[Verb::End, Verb::Fail]),
            skipped: time(&[Verb::Skip]),
        });
    }
    found
}

/// The share of the steps that are over, by a measure of each.
fn share(steps: &[OuterStep<'_>], now: f64, measure: impl Fn(&OuterStep<'_>) -> f64) -> f64 {
    let total: f64 = steps.iter().map(&measure).sum();
    let over: f64 = steps.iter().filter(|step| step.is_over(now)).map(&measure).sum();
    if total > 0.0 { over / total } else { 0.0 }
}

/// Percents written by hand: the bar moves when a step ends, and the time left is that of the
/// average speed so far.
fn fixed_percents(run: &Run, _earlier: &Earlier, now: f64) -> (f64, Option<f64>) {
    let shown = share(&steps(run), now, |step| step.weight);
    (shown, (shown > 0.0).then(|| now * (1.0 - shown) / shown))
}

/// The mean durations of earlier runs as weights; a step at work moves with its time.
fn sum_of_durations(run: &Run, earlier: &Earlier, now: f64) -> (f64, Option<f64>) {
    let steps = steps(run);
    let total: f64 = steps.iter().map(|step| earlier.mean(step.id)).sum();
    let done: f64 = steps
        .iter()
        .map(|step| {
            let mean = earlier.mean(step.id);
            match step.start {
                _ if step.is_over(now) => mean,
                Some(start) if start <= now => (now - start).min(mean),
                _ => 0.0,
            }
        })
        .sum();
    (done / total, Some(total - done))
}

/// A bar over the steps, as indicatif's: the speed is an average that forgets half in 15 s.
fn average_speed(run: &Run, _earlier: &Earlier, now: f64) -> (f64, Option<f64>) {
    const HALF_LIFE_MS: f64 = 15_000.0;
    let steps = steps(run);
    let shown = share(&steps, now, |step| step.weight);
    let total: f64 = steps.iter().map(|step| step.weight).sum();
    // The gains of a step lie at its end; an older one counts less.
    let weighted: f64 = steps
        .iter()
        .filter(|step| step.is_over(now))
        .filter_map(|step| {
            let end = step.end.or(step.skipped)?;
            Some(step.weight / total * 0.5_f64.powf((now - end) / HALF_LIFE_MS))
        })
        .sum();
    let speed = weighted * std::f64::consts::LN_2 / HALF_LIFE_MS;
    let fresh = 1.0 - 0.5_f64.powf(now / HALF_LIFE_MS);
    (shown, (speed > 0.0).then(|| (1.0 - shown) * fresh / speed))
}

/// As ninja's status line: the steps that are over, counted; the time left from the durations in its
/// log, at the rate at which they have gone by so far.
fn ninja(run: &Run, earlier: &Earlier, now: f64) -> (f64, Option<f64>) {
    let steps = steps(run);
    let shown = share(&steps, now, |step| earlier.mean(step.id));
    (shown, (shown > 0.0).then(|| now * (1.0 - shown) / shown))
}

/// As tqdm: the steps that are over, counted; the time of a step is a moving average with a smoothing
/// of 0.3.
fn tqdm(run: &Run, _earlier: &Earlier, now: f64) -> (f64, Option<f64>) {
    let steps = steps(run);
    let mut ends: Vec<f64> = steps
        .iter()
        .filter_map(|step| step.end.or(step.skipped))
        .filter(|end| *end <= now)
        .collect();
    ends.sort_by(f64::total_cmp);
    let (mut average, mut before) = (None, 0.0);
    for end in &ends {
        let took = end - before;
        average = Some(average.map_or(took, |average| 0.3 * took + 0.7 * average));
        before = *end;
    }
    let left = (steps.len() - ends.len()) as f64;
    (ends.len() as f64 / steps.len() as f64, average.map(|average| average * left))
}
