//! Which records of a snapshot are asked for: by time and by level.

use crate::record::{Level, Record};

/// Records of a span of time, of a level and graver. The default takes all.
///
/// ```
/// use mbuf::{Choice, Level, Options, Ring, Snapshot};
///
/// let ring = Ring::in_memory(&Options::default())?;
/// let slot = ring.take_slot("web-1")?;
/// let mut writer = ring.writer(slot)?;
/// writer.write(Level::Debug, b"noise")?;
/// writer.write(Level::Error, b"no answer")?;
///
/// let mut snapshot = Snapshot::new();
/// ring.reader().snapshot(slot, &mut snapshot)?;
/// let grave = Choice { level: Level::Warning, ..Choice::default() };
/// assert!(snapshot.chosen(grave).map(|record| record.text).eq([b"no answer"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Of this time and later, in nanoseconds of the ring's clock.
    pub since_ns: u64,
    /// Before this time.
    pub until_ns: u64,
    /// Of this level and graver.
    pub level: Level,
}

impl Default for Choice {
    fn default() -> Self {
        Self { since_ns: 0, until_ns: u64::MAX, level: Level::Debug }
    }
}

impl Choice {
    /// Whether it takes this record.
    #[must_use]
    pub fn takes(&self, record: &Record<'_>) -> bool {
        let until = self.until_ns;
        // The gravest level is the least. The last time of all is before the end of all times.
        let is_before = record.time_ns < until || until == u64::MAX;
        record.time_ns >= self.since_ns && is_before && record.level <= self.level
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fields;

    #[test]
    fn a_choice_has_edges() {
        let record = |time_ns, level| Record {
            time_ns,
            level,
            lane: 0,
            sequence: 0,
            text: b"",
            fields: Fields::default(),
        };
        let choice = Choice { since_ns: 10, until_ns: 20, level: Level::Warning };
        for (time, level, taken) in [
            (9, Level::Error, false),
            (10, Level::Warning, true),
            (19, Level::Emergency, true),
            (20, Level::Error, false),
            (15, Level::Notice, false),
        ] {
            assert_eq!(choice.takes(&record(time, level)), taken, "{time} {level}");
        }
        assert!(Choice::default().takes(&record(u64::MAX, Level::Debug)));
    }
}
