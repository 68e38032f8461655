//! The last word of a record.

use super::Level;

/// Numbers of records in a lane go on from 0 after this many: three months of a million a second.
pub(crate) const SEQUENCES: u64 = 1 << 43;

/// What the last word of a record says of it.
///
/// ```text
///  63        48     47       46      45    43  42                  0
///  payload bytes | zero | has fields | level | number in its lane
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    pub(crate) sequence: u64,
    pub(crate) level: Level,
    pub(crate) has_fields: bool,
    pub(crate) payload: u16,
}

impl Tail {
    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        (self.payload as u64) << 48
            | (self.has_fields as u64) << 46
            | (self.level as u64) << 43
            | (self.sequence % SEQUENCES)
    }

    #[inline(always)]
    pub(crate) const fn of(word: u64) -> Self {
        Self {
            sequence: word % SEQUENCES,
            level: Level::of((word >> 43) as u8 & 7),
            has_fields: word >> 46 & 1 == 1,
            payload: (word >> 48) as u16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_survives_its_word() {
        for tail in [
            Tail { sequence: 0, level: Level::Emergency, has_fields: false, payload: 0 },
            Tail { sequence: SEQUENCES - 1, level: Level::Debug, has_fields: true, payload: u16::MAX },
            Tail { sequence: 77, level: Level::Warning, has_fields: true, payload: 64 },
        ] {
            assert_eq!(Tail::of(tail.word()), tail);
        }
    }
}
