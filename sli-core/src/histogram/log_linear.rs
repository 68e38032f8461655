//! Buckets that grow with what they hold.

use super::{Buckets, sealed};

/// Eight buckets for each power of two, up to 2^40 ns (18 minutes), and the last one for all above: what falls into one is
/// known to 12.5 %. Below 16 ns each value has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLinear {}

/// Buckets of a power of two, as a power of two.
const GROUP: u32 = 3;
/// The power of two at which the last bucket ends.
const MOST: u32 = 40;

impl sealed::Shape for LogLinear {}

impl Buckets for LogLinear {
    const COUNT: usize = ((MOST - GROUP + 1) as usize) << GROUP;

    #[inline]
    fn index(nanoseconds: u64) -> usize {
        let bits = 64 - (nanoseconds >> GROUP).leading_zeros();
        if bits == 0 {
            return nanoseconds as usize;
        }
        // The three bits behind the first one.
        let within = (nanoseconds >> (bits - 1)) as usize & ((1 << GROUP) - 1);
        (((bits as usize) << GROUP) | within).min(Self::COUNT - 1)
    }

    fn lower(bucket: usize) -> u64 {
        let (group, within) = (bucket >> GROUP, (bucket & ((1 << GROUP) - 1)) as u64);
        match group {
            0 => within,
            _ if bucket >= Self::COUNT => u64::MAX,
            _ => ((1 << GROUP) | within) << (group - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_holds_what_is_from_its_edge_to_the_next() {
        assert_eq!(LogLinear::COUNT, 304);
        const { assert!(LogLinear::COUNT * 8 <= 4096) }
        for bucket in 0..LogLinear::COUNT - 1 {
            let (lower, next) = (LogLinear::lower(bucket), LogLinear::lower(bucket + 1));
            assert_eq!((LogLinear::index(lower), LogLinear::index(next - 1)), (bucket, bucket));
            assert!(next - lower <= lower.max(8) / 8, "{bucket}");
        }
        assert_eq!(LogLinear::lower(LogLinear::COUNT - 1), 15 << 36);
        assert_eq!(LogLinear::index(u64::MAX), LogLinear::COUNT - 1);
    }
}
