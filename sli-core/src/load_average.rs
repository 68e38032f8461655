//! Load averages, as the kernel computes them: to the digit.
//!
//! The kernel's fixed-point numbers have 11 fractional bits: 2048 is 1.00.

use crate::error::Error;
use std::fmt;

/// 1.00 as a fixed-point number.
pub const FIXED_1: u64 = 1 << FSHIFT;
const FSHIFT: u32 = 11;
/// `1/exp(5s/1min)`, `1/exp(5s/5min)`, `1/exp(5s/15min)`.
const EXP: [u64; 3] = [1884, 2014, 2037];

/// One average after a period in which `active` tasks, as a fixed-point number, were there.
const fn calc_load(load: u64, exp: u64, active: u64) -> u64 {
    let old = load as u128 * exp as u128;
    let new = active as u128 * (FIXED_1 as u128 - exp as u128);
    // Up where it rises, so that it reaches what it tends to.
    let up = if active >= load { FIXED_1 as u128 - 1 } else { 0 };
    saturate((old + new + up) / FIXED_1 as u128)
}

const fn saturate(value: u128) -> u64 {
    if value > u64::MAX as u128 { u64::MAX } else { value as u64 }
}

/// `x` to the power of `n`, each product rounded to the nearest.
const fn fixed_power(mut x: u64, mut n: u64) -> u64 {
    let mut result = FIXED_1;
    while n > 0 {
        if n & 1 == 1 {
            result = (result * x + FIXED_1 / 2) >> FSHIFT;
        }
        n >>= 1;
        x = (x * x + FIXED_1 / 2) >> FSHIFT;
    }
    result
}

/// Three averages over 1, 5 and 15 minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Averages(
    /// Fixed-point numbers; 2048 is 1.00.
    pub [u64; 3],
);

impl Averages {
    /// One period has passed with so many tasks.
    pub const fn step(&mut self, tasks: u64) {
        self.steps(tasks, 1);
    }

    /// So many periods have passed, each with so many tasks: the kernel's `calc_load_n`, which for more than one is not
    /// to the last bit what single steps give.
    pub const fn steps(&mut self, tasks: u64, periods: u64) {
        if periods == 0 {
            return;
        }
        let active = tasks.saturating_mul(FIXED_1);
        let [one, five, fifteen] = self.0;
        self.0 = [
            calc_load(one, fixed_power(EXP[0], periods), active),
            calc_load(five, fixed_power(EXP[1], periods), active),
            calc_load(fifteen, fixed_power(EXP[2], periods), active),
        ];
    }

    /// The averages in hundredths, rounded as the kernel prints them.
    #[must_use]
    pub const fn hundredths(self) -> [u64; 3] {
        let [one, five, fifteen] = self.0;
        [hundredths(one), hundredths(five), hundredths(fifteen)]
    }
}

const fn hundredths(average: u64) -> u64 {
    let rounded = average.saturating_add(FIXED_1 / 200);
    (rounded >> FSHIFT).saturating_mul(100).saturating_add(((rounded & (FIXED_1 - 1)) * 100) >> FSHIFT)
}

/// `0.63 0.18 0.06`, as in `/proc/loadavg`.
impl fmt::Display for Averages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, five, fifteen] = self.hundredths();
        let part = |hundredths: u64| (hundredths / 100, hundredths % 100);
        let (one, five, fifteen) = (part(one), part(five), part(fifteen));
        write!(f, "{}.{:02} {}.{:02} {}.{:02}", one.0, one.1, five.0, five.1, fifteen.0, fifteen.1)
    }
}

/// How often load is sampled: the kernel's `LOAD_FREQ`, five seconds and a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period(u64);

impl Period {
    /// That of a kernel with so many ticks a second; 0 counts as 1.
    #[must_use]
    pub const fn of_hz(hz: u64) -> Self {
        let hz = if hz == 0 { 1 } else { hz };
        Self(5_000_000_000 + 1_000_000_000 / hz)
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}

/// That of 250 ticks a second, the default of most distributions: 5.004 s.
impl Default for Period {
    fn default() -> Self {
        Self::of_hz(250)
    }
}

/// Tasks of a container, threads included, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// That run or could (state R).
    pub running: u64,
    /// In uninterruptible sleep (state D).
    pub blocked: u64,
}

/// The load of one container: of all tasks that run or are blocked, of those that run, and of those that are blocked.
///
/// The caller ticks it with a monotonic time, at least once a period; what it misses is made up for as the kernel does
/// after a tickless sleep. It holds no clock and never runs backwards.
///
/// ```
/// use sli_core::load_average::{LoadAverages, TaskCounts};
///
/// let mut load = LoadAverages::default();
/// let second = 1_000_000_000;
/// for now in 0..=61 {
///     load.tick(now * second, TaskCounts { running: 1, blocked: 0 });
/// }
/// assert_eq!(load.all.to_string(), "0.63 0.18 0.06");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadAverages {
    /// Tasks that run or are blocked: what `/proc/loadavg` shows.
    pub all: Averages,
    /// Tasks that run.
    pub running: Averages,
    /// Tasks that are blocked.
    pub blocked: Averages,
    period: Period,
    /// When the next sample is due.
    due: Option<u64>,
}

/// Says what the bytes are, and of which version.
const MAGIC: [u8; 8] = *b"sliload\x01";

impl LoadAverages {
    /// Averages that begin at zero.
    #[must_use]
    pub const fn new(period: Period) -> Self {
        let zero = Averages([0; 3]);
        Self { all: zero, running: zero, blocked: zero, period, due: None }
    }

    /// Whether a sample is due at this time, so that tasks have to be counted: so it is at first.
    #[must_use]
    pub fn is_due(&self, now_ns: u64) -> bool {
        self.due.is_none_or(|due| now_ns >= due)
    }

    /// Takes a sample if one is due; says whether it was. The first one is due at once, and begins the first period.
    ///
    /// Periods that were missed count with the tasks of now, which is all that is known.
    pub fn tick(&mut self, now_ns: u64, tasks: TaskCounts) -> bool {
        let Some(due) = self.due else {
            self.due = Some(now_ns.saturating_add(self.period.0));
            return false;
        };
        let Some(late) = now_ns.checked_sub(due) else { return false };
        self.step(tasks, 1);
        let missed = late / self.period.0;
        self.step(tasks, missed);
        self.due = Some(due.saturating_add((missed + 1).saturating_mul(self.period.0)));
        true
    }

    fn step(&mut self, tasks: TaskCounts, periods: u64) {
        self.all.steps(tasks.running.saturating_add(tasks.blocked), periods);
        self.running.steps(tasks.running, periods);
        self.blocked.steps(tasks.blocked, periods);
    }

    /// Appends all that [`import`](Self::import) needs to go on, so that a restart loses nothing.
    pub fn export(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&MAGIC);
        let averages = [self.all, self.running, self.blocked];
        let words = averages
            .iter()
            .flat_map(|averages| averages.0)
            .chain([self.period.0, self.due.unwrap_or(u64::MAX)]);
        for word in words {
            into.extend_from_slice(&word.to_le_bytes());
        }
    }

    /// Takes up exported state, on the same monotonic clock.
    ///
    /// # Errors
    ///
    /// If the bytes are not such state, or of another version.
    pub fn import(bytes: &[u8]) -> Result<Self, Error> {
        let refused = |reason: String| Error::State { what: "load averages", reason };
        let (magic, rest) = bytes
            .split_first_chunk::<8>()
            .ok_or_else(|| refused(format!("{} bytes are too short", bytes.len())))?;
        if *magic != MAGIC {
            return Err(refused(format!("they begin with {}", magic.escape_ascii())));
        }
        let (words, tail) = rest.as_chunks::<8>();
        let word = |at: usize| words.get(at).map(|word| u64::from_le_bytes(*word));
        let averages = |at: usize| Some(Averages([word(at)?, word(at + 1)?, word(at + 2)?]));
        let state = || {
            let due = word(10).filter(|due| *due != u64::MAX);
            let period = Period(word(9).filter(|period| *period > 0)?);
            Some(Self { all: averages(0)?, running: averages(3)?, blocked: averages(6)?, period, due })
        };
        if words.len() != 11 || !tail.is_empty() {
            return Err(refused(format!("{} bytes, expected are 96", bytes.len())));
        }
        state().ok_or_else(|| refused("a period of 0".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Averages before, tasks, periods, averages after, printed.
    type Vector = ([u64; 3], u64, u64, [u64; 3], &'static str);

    #[test]
    fn single_steps_are_the_kernels() {
        let vectors: [Vector; 6] = [
            ([0; 3], 1, 1, [164, 34, 11], "0.08 0.02 0.01"),
            ([0; 3], 1, 12, [1299, 378, 132], "0.63 0.18 0.06"),
            ([0; 3], 1, 60, [2040, 1317, 590], "1.00 0.64 0.29"),
            ([0; 3], 4, 12, [5188, 1495, 518], "2.53 0.73 0.25"),
            ([8192; 3], 0, 12, [3004, 6697, 7674], "1.47 3.27 3.75"),
            ([8192; 3], 0, 60, [49, 2984, 5906], "0.02 1.46 2.88"),
        ];
        for (before, tasks, periods, after, printed) in vectors {
            let mut averages = Averages(before);
            for _ in 0..periods {
                averages.step(tasks);
            }
            assert_eq!((averages.0, averages.to_string().as_str()), (after, printed));
        }
    }

    #[test]
    fn many_steps_at_once_are_the_kernels() {
        let vectors: [Vector; 2] = [
            ([8192; 3], 0, 12, [3004, 6708, 7676], "1.47 3.28 3.75"),
            ([8192; 3], 0, 60, [56, 3024, 5920], "0.03 1.48 2.89"),
        ];
        for (before, tasks, periods, after, printed) in vectors {
            let mut averages = Averages(before);
            averages.steps(tasks, periods);
            assert_eq!((averages.0, averages.to_string().as_str()), (after, printed));
        }
        let powers = [(1884, [1733, 751, 14]), (2014, [1981, 1677, 756]), (2037, [2026, 1919, 1480])];
        for (exp, expected) in powers {
            assert_eq!([2, 12, 60].map(|n| fixed_power(exp, n)), expected);
        }
    }

    #[test]
    fn missed_periods_are_made_up_for() {
        let counts = TaskCounts { running: 2, blocked: 1 };
        let second = 1_000_000_000;
        let (mut often, mut seldom) = (LoadAverages::default(), LoadAverages::default());
        assert!(!seldom.tick(0, counts));
        for now in 0..=300 {
            often.tick(now * second, counts);
        }
        assert!(!seldom.tick(4 * second, counts));
        assert!(seldom.tick(300 * second, counts));
        for (often, seldom) in [(often.all, seldom.all), (often.running, seldom.running)] {
            for (often, seldom) in often.0.into_iter().zip(seldom.0) {
                assert!(often.abs_diff(seldom) < 64, "{often} {seldom}");
            }
        }
        assert!(!seldom.is_due(300 * second) && seldom.is_due(306 * second));
        assert!(!seldom.tick(0, counts), "time that runs backwards is no period");
    }

    #[test]
    fn extremes_saturate() {
        let mut load = LoadAverages::default();
        let counts = TaskCounts { running: u64::MAX, blocked: u64::MAX };
        for now in [0, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            load.tick(now, counts);
        }
        assert!(load.all.0[0] > u64::MAX / 2);
        assert!(load.all.to_string().len() > 20);
    }

    #[test]
    fn state_survives_export() {
        let mut load = LoadAverages::new(Period::of_hz(1000));
        load.tick(5, TaskCounts { running: 3, blocked: 0 });
        load.tick(6_000_000_000, TaskCounts { running: 3, blocked: 7 });
        let mut bytes = Vec::new();
        load.export(&mut bytes);
        assert_eq!(LoadAverages::import(&bytes).unwrap(), load);
        for length in 0..bytes.len() {
            assert!(LoadAverages::import(bytes.get(..length).unwrap()).is_err(), "{length}");
        }
        bytes[7] = 2;
        assert!(LoadAverages::import(&bytes).unwrap_err().to_string().contains("sliload"));
    }
}
