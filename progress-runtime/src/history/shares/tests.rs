use super::*;
use crate::estimate::StepRecord;

const SHAPE: u64 = 7;

/// A run in which each step, `0`, `1` and so on, ended once after so many milliseconds.
fn run(times: &[u64]) -> Record {
    let step = |time| StepRecord { duration: Some(time), ran: 1, ..StepRecord::default() };
    let steps = times.iter().enumerate().map(|(at, time)| (at.to_string(), step(*time)));
    Record { shape: SHAPE, steps: steps.collect(), ..Record::default() }
}

fn measure(declared: &[u32], runs: &[Record]) -> Option<Shares> {
    let paths: Vec<_> = (0..declared.len()).map(|at| at.to_string()).collect();
    Shares::measure(&paths, declared, SHAPE, runs)
}

/// Random times, from a seed.
struct Noise(u64);

impl Noise {
    fn of_seed(seed: u64) -> Self {
        // Small seeds would begin with small numbers.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn uniform(&mut self) -> f64 {
        // xorshift64*, by George Marsaglia and Sebastiano Vigna.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A run whose steps take about so long, up to 41 % more or 29 % less.
    fn run(&mut self, times: &[f64]) -> Record {
        let times = times.iter().map(|time| (time * 2_f64.powf(self.uniform() - 0.5)) as u64);
        run(&times.collect::<Vec<_>>())
    }

    /// As [`Self::run`], but in one run in ten, one of the steps takes ten times as long.
    fn run_at_times_odd(&mut self, times: &[f64]) -> Record {
        let odd = (self.uniform() * 10.0 * times.len() as f64) as usize;
        let mut times = times.to_vec();
        if let Some(time) = times.get_mut(odd) {
            *time *= 10.0;
        }
        self.run(&times)
    }
}

#[test]
fn weights_come_closest_to_the_shares_and_keep_the_total() {
    assert_eq!(whole_weights(&[0.5, 0.25, 0.25], 100), [50, 25, 25]);
    assert_eq!(whole_weights(&[0.335, 0.335, 0.33], 10), [4, 3, 3]);
    assert_eq!(whole_weights(&[0.995, 0.002, 0.003], 100), [98, 1, 1]);
    assert_eq!(whole_weights(&[0.49, 0.49, 0.01, 0.01], 10), [4, 4, 1, 1]);
    assert_eq!(whole_weights(&[1.0], 7), [7]);
}

#[test]
fn each_step_has_a_weight_however_small_the_total() {
    assert_eq!(whole_weights(&[0.9, 0.05, 0.05], 1), [1, 1, 1]);
}

#[test]
fn no_total_is_too_large() {
    let total = 100 * u64::from(u32::MAX);
    let weights = whole_weights(&[1.0 / 3.0; 3], total);
    assert_eq!(weights.iter().sum::<u64>(), total);
}

#[test]
fn a_share_is_the_median_of_the_runs() {
    let runs = [run(&[100, 300]), run(&[100, 300]), run(&[9_000, 300])];
    let shares = measure(&[1, 3], &runs).unwrap();
    assert_eq!((shares.runs, shares.weights), (3, vec![1, 3]));
    assert!(shares.drift.abs() < 0.2);
}

#[test]
fn a_skipped_step_counts_for_the_part_of_the_runs_that_it_ran_in() {
    let mut run = run(&[100, 100]);
    run.steps.get_mut("1").unwrap().skipped = 1;
    let shares = measure(&[1, 1], &vec![run; 3]).unwrap();
    assert!((shares.medians[0] - 2.0 / 3.0).abs() < 1e-9, "{:?}", shares.medians);
}

#[test]
fn fewer_than_three_runs_say_nothing() {
    assert!(measure(&[1, 1], &[run(&[1, 9]), run(&[1, 9])]).is_none());
    // Runs in which nothing took time are not counted.
    assert!(measure(&[1, 1], &[run(&[1, 9]), run(&[1, 9]), run(&[0, 0])]).is_none());
    assert!(measure(&[1, 1], &vec![run(&[1, 9]); 3]).is_some());
}

#[test]
fn a_new_step_is_measured_in_the_runs_that_know_it() {
    let before = Record { shape: SHAPE + 1, ..run(&[100, 100]) };
    let mut runs = vec![before; 7];
    assert!(measure(&[1, 1, 1], &runs).is_none());
    runs.extend(vec![run(&[100, 100, 200]); 3]);
    let shares = measure(&[1, 1, 2], &runs).unwrap();
    assert_eq!((shares.runs, shares.weights), (3, vec![1, 1, 2]));
}

#[test]
fn a_step_that_failed_in_a_run_of_this_shape_took_no_time_that_counts() {
    let runs = vec![run(&[100, 300]); 3];
    let shares = measure(&[1, 3, 1], &runs).unwrap();
    assert_eq!(shares.weights, [1, 3, 1]);
}

#[test]
fn rounding_is_no_drift() {
    // Weights that add up to 3 cannot be closer to these shares.
    let shares = measure(&[1, 2], &vec![run(&[45, 55]); 10]).unwrap();
    assert!(shares.drift.abs() < 1e-9, "{}", shares.drift);
    let shares = measure(&[2, 1], &vec![run(&[45, 55]); 10]).unwrap();
    assert!((shares.drift - 0.1).abs() < 1e-9, "{}", shares.drift);
}

#[test]
fn noise_is_no_drift_although_single_runs_are_far_off() {
    let mut far_off = 0;
    for seed in 1..=20 {
        let mut noise = Noise::of_seed(seed);
        let runs: Vec<_> =
            (0..200).map(|_| noise.run_at_times_odd(&[15e3, 35e3, 45e3, 5e3])).collect();
        for ten in runs.windows(10) {
            let shares = measure(&[15, 35, 45, 5], ten).unwrap();
            assert!(!shares.has_drifted(MAX_DRIFT), "seed {seed}: {shares:?}");
            // A limit for each run by itself would fail, and pass again with the next one.
            let single = measure(&[15, 35, 45, 5], &vec![ten[9].clone(); 3]).unwrap();
            far_off += usize::from(single.has_drifted(MAX_DRIFT));
        }
    }
    assert!(far_off > 200, "{far_off}");
}

#[test]
fn a_change_is_said_once_and_for_all() {
    for seed in 1..=20 {
        let mut noise = Noise::of_seed(seed);
        let mut runs: Vec<_> = (0..30).map(|_| noise.run(&[15e3, 35e3, 45e3, 5e3])).collect();
        // The third step has become three times as fast, and the first four times as slow.
        runs.extend((0..60).map(|_| noise.run(&[60e3, 35e3, 15e3, 5e3])));
        let said: Vec<_> = runs
            .windows(10)
            .map(|ten| measure(&[15, 35, 45, 5], ten).unwrap().has_drifted(MAX_DRIFT))
            .collect();
        let first = said.iter().position(|said| *said).unwrap();
        // The window that ends with run 30 is the first one that has the change in it.
        assert!((21..=30).contains(&first), "seed {seed}: {first}");
        assert!(said[30..].iter().all(|said| *said), "seed {seed}: {said:?}");
    }
}

#[test]
fn a_few_odd_runs_are_no_drift() {
    let mut runs = vec![run(&[50, 50]); 10];
    runs.extend([run(&[5, 95]), run(&[5, 95]), run(&[5, 95])]);
    assert!(!measure(&[1, 1], &runs[3..]).unwrap().has_drifted(MAX_DRIFT));
    // The median is off, but the last two runs are as they were.
    let mut runs = vec![run(&[5, 95]); 8];
    runs.extend([run(&[50, 50]), run(&[50, 50])]);
    let shares = measure(&[50, 50], &runs).unwrap();
    assert!(shares.drift > MAX_DRIFT && !shares.has_drifted(MAX_DRIFT), "{shares:?}");
}
