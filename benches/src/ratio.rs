//! Costs measured in turns, so that whatever disturbs the one disturbs the others, and what they are to each other.

use crate::clock::time_of;
use std::time::Duration;

/// Something whose cost is measured.
pub type Call<'a> = &'a mut dyn FnMut();

/// Two costs and their ratio.
#[derive(Clone, Copy, Debug)]
pub struct Ratio {
    /// One call of the first, in nanoseconds: the median over all rounds.
    pub first: f64,
    /// One call of the second.
    pub second: f64,
    /// The median over all rounds of the first through the second.
    pub ratio: f64,
}

impl Ratio {
    /// The same where each call was so many of what is told of.
    #[must_use]
    pub fn of_each(self, calls: u32) -> Self {
        let calls = f64::from(calls);
        Self { first: self.first / calls, second: self.second / calls, ratio: self.ratio }
    }
}

/// Rounds of a measurement.
pub const ROUNDS: usize = 21;
/// CPU time of one call's part of a round: long beside the clock, short beside a scheduler's slice.
const PART: Duration = Duration::from_millis(2);

/// The cost of each call in each round, in nanoseconds of thread CPU time.
pub fn rounds<const N: usize>(mut calls: [Call<'_>; N]) -> Vec<[f64; N]> {
    let counts = calls.each_mut().map(calibrate);
    let round = |round: usize| {
        let mut costs = [0.0; N];
        // Each goes first in its turn.
        for turn in 0..N {
            let which = (turn + round) % N;
            if let (Some(call), Some(count), Some(cost)) =
                (calls.get_mut(which), counts.get(which), costs.get_mut(which))
            {
                *cost = time_of(*count, &mut **call).as_nanos() as f64 / f64::from(*count);
            }
        }
        costs
    };
    (0..ROUNDS).map(round).collect()
}

/// How many calls fill a part of a round.
fn calibrate(call: &mut Call<'_>) -> u32 {
    let mut calls = 1;
    while time_of(calls, &mut **call) < PART / 2 && calls < 1 << 24 {
        calls *= 2;
    }
    calls
}

/// The ratio of two figures that are made of the rounds' costs.
pub fn ratio_of<const N: usize>(
    rounds: &[[f64; N]],
    first: impl Fn(&[f64; N]) -> f64,
    second: impl Fn(&[f64; N]) -> f64,
) -> Ratio {
    Ratio {
        first: median(rounds.iter().map(&first)),
        second: median(rounds.iter().map(&second)),
        ratio: median(rounds.iter().map(|round| first(round) / second(round))),
    }
}

/// What the first call costs beside the second.
pub fn compare(first: Call<'_>, second: Call<'_>) -> Ratio {
    ratio_of(&rounds([first, second]), |[first, _]| *first, |[_, second]| *second)
}

/// The one in the middle; 0 of none.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}
