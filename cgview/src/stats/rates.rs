//! What happened between two samples.

use super::Stats;
use crate::error::Error;

/// Counters of two samples, as rates. `None` where one of the samples does not have the counter.
///
/// A counter that went backwards (a container made anew under the same name) counts as not moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Rates {
    /// Time between the samples.
    pub interval_ns: u64,
    /// CPU time used, in billionths of a CPU: what the kubelet calls `usageNanoCores`.
    pub cpu_nano_cores: Option<u64>,
    /// The same in percent of one CPU.
    pub cpu_percent: Option<f64>,
    /// As `isula stats` and docker count it: the container's part of what the machine's CPUs did, times their
    /// number, in percent.
    pub cpu_percent_of_host: Option<f64>,
    /// Time for which the quota held tasks back, in percent of the interval; of several CPUs together.
    pub cpu_throttled_percent: Option<f64>,
    /// Periods in which the quota ran out, in percent of all.
    pub cpu_throttled_periods_percent: Option<f64>,
    /// A second.
    pub memory_page_faults_per_second: Option<f64>,
    /// A second.
    pub memory_major_page_faults_per_second: Option<f64>,
    /// Bytes a second.
    pub io_read_bytes_per_second: Option<f64>,
    /// Bytes a second.
    pub io_write_bytes_per_second: Option<f64>,
    /// Requests a second.
    pub io_read_operations_per_second: Option<f64>,
    /// Requests a second.
    pub io_write_operations_per_second: Option<f64>,
}

impl Rates {
    /// The rates between two samples of one container; `None` if no time passed between them.
    #[must_use]
    pub fn between(old: &Stats, new: &Stats) -> Option<Self> {
        Counters::of(old).rates(&Counters::of(new))
    }
}

/// A container's last sample, reduced to the counters that rates are made of.
///
/// It belongs to the caller, who may save it with [`RateMeter::export`] and take it up again with
/// [`RateMeter::import`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateMeter {
    last: Option<Counters>,
}

impl RateMeter {
    /// A meter that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a sample, and gives the rates since the one before.
    pub fn tick(&mut self, sample: &Stats) -> Option<Rates> {
        let now = Counters::of(sample);
        let rates = self.last.and_then(|last| last.rates(&now));
        self.last = Some(now);
        rates
    }

    const MAGIC: [u8; 4] = *b"cgvR";
    const VERSION: u16 = 1;

    /// Appends the state as bytes: the same on every machine, with a version.
    pub fn export(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&Self::MAGIC);
        into.extend_from_slice(&Self::VERSION.to_le_bytes());
        for value in self.last.iter().flat_map(|last| last.0) {
            into.push(u8::from(value.is_some()));
            into.extend_from_slice(&value.unwrap_or(0).to_le_bytes());
        }
    }

    /// Takes up exported state.
    ///
    /// # Errors
    /// [`Error::State`] for bytes that are no state, of another version, or cut off.
    pub fn import(bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |reason| Error::State { what: "rate meter", reason };
        let rest = bytes.strip_prefix(&Self::MAGIC).ok_or_else(|| wrong("it does not begin as one"))?;
        let rest = match rest.split_at_checked(2) {
            Some((version, rest)) if version == Self::VERSION.to_le_bytes() => rest,
            Some(_) => return Err(wrong("it is of another version")),
            None => return Err(wrong("it is cut off")),
        };
        if rest.is_empty() {
            return Ok(Self::default());
        }
        if rest.len() != COUNTERS * 9 {
            return Err(wrong("its length does not fit"));
        }
        let mut counters = Counters([None; COUNTERS]);
        for (counter, part) in counters.0.iter_mut().zip(rest.chunks_exact(9)) {
            let Some((known, value)) = part.split_first() else { continue };
            *counter = (*known != 0).then(|| value.try_into().map_or(0, u64::from_le_bytes));
        }
        Ok(Self { last: Some(counters) })
    }
}

const COUNTERS: usize = 13;

/// In a fixed order, which is that of the exported bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counters([Option<u64>; COUNTERS]);

impl Counters {
    const fn of(stats: &Stats) -> Self {
        Self([
            Some(stats.timestamp_ns),
            stats.cpu_usage_ns,
            stats.host_cpu_ns,
            stats.host_online_cpus,
            stats.cpu_throttled_ns,
            stats.cpu_periods,
            stats.cpu_throttled_periods,
            stats.memory_page_faults,
            stats.memory_major_page_faults,
            stats.io_read_bytes,
            stats.io_write_bytes,
            stats.io_read_operations,
            stats.io_write_operations,
        ])
    }

    fn rates(&self, new: &Self) -> Option<Rates> {
        let grown = |index: usize| -> Option<u64> {
            Some((*new.0.get(index)?)?.saturating_sub((*self.0.get(index)?)?))
        };
        let interval_ns = grown(0).filter(|interval| *interval > 0)?;
        let seconds = interval_ns as f64 / 1e9;
        let per_second = |index| grown(index).map(|count| count as f64 / seconds);
        let percent = |part: Option<u64>, whole: Option<u64>| match (part, whole) {
            (Some(_), Some(0)) => Some(0.0),
            (Some(part), Some(whole)) => Some(part as f64 / whole as f64 * 100.0),
            _ => None,
        };
        let nano_cores = |used: u64| {
            let exact = u128::from(used) * 1_000_000_000 / u128::from(interval_ns);
            u64::try_from(exact).unwrap_or(u64::MAX)
        };
        let cpus = new.0.get(3).copied().flatten();
        Some(Rates {
            interval_ns,
            cpu_nano_cores: grown(1).map(nano_cores),
            cpu_percent: percent(grown(1), Some(interval_ns)),
            cpu_percent_of_host: percent(grown(1), grown(2)).and_then(|percent| Some(percent * cpus? as f64)),
            cpu_throttled_percent: percent(grown(4), Some(interval_ns)),
            cpu_throttled_periods_percent: percent(grown(6), grown(5)),
            memory_page_faults_per_second: per_second(7),
            memory_major_page_faults_per_second: per_second(8),
            io_read_bytes_per_second: per_second(9),
            io_write_bytes_per_second: per_second(10),
            io_read_operations_per_second: per_second(11),
            io_write_operations_per_second: per_second(12),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seconds: u64, used_ms: u64, read: u64) -> Stats {
        Stats {
            timestamp_ns: seconds * 1_000_000_000,
            cpu_usage_ns: Some(used_ms * 1_000_000),
            host_cpu_ns: Some(seconds * 4_000_000_000),
            host_online_cpus: Some(4),
            io_read_bytes: Some(read),
            io_write_operations: Some(read / 2),
            ..Stats::default()
        }
    }

    #[test]
    fn rates_of_two_samples() {
        let rates = Rates::between(&sample(10, 1000, 0), &sample(12, 2500, 4096)).unwrap();
        assert_eq!(rates.cpu_nano_cores, Some(750_000_000));
        assert_eq!(rates.cpu_percent, Some(75.0));
        assert_eq!(rates.cpu_percent_of_host, Some(75.0));
        assert_eq!(rates.io_read_bytes_per_second, Some(2048.0));
        assert_eq!(rates.io_write_operations_per_second, Some(1024.0));
        assert_eq!(rates.cpu_throttled_percent, None);
        assert_eq!(Rates::between(&sample(12, 0, 0), &sample(12, 9, 9)), None);
        let reset = Rates::between(&sample(10, 1000, 50), &sample(11, 5, 0)).unwrap();
        assert_eq!(reset.cpu_nano_cores, Some(0));
    }

    #[test]
    fn a_meter_goes_on_where_it_was_saved() {
        let mut meter = RateMeter::new();
        assert_eq!(meter.tick(&sample(10, 1000, 0)), None);
        let mut bytes = Vec::new();
        meter.export(&mut bytes);
        let mut again = RateMeter::import(&bytes).unwrap();
        assert_eq!(again, meter);
        let expected = Rates::between(&sample(10, 1000, 0), &sample(11, 2000, 7));
        assert_eq!(again.tick(&sample(11, 2000, 7)), expected);
        for length in 0..bytes.len() {
            assert!(length == 6 || RateMeter::import(&bytes[..length]).is_err(), "{length}");
        }
    }
}
