//! The eight buckets of the kernels that have indicators.

use super::{Buckets, sealed};

/// Below 1, 4, 8, 16, 32, 64 and 128 times 2^20 ns, and all above. These kernels call 2^20 ns a millisecond, which is
/// 4.9 % more than one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eight {}

impl Eight {
    /// Where each bucket begins, in units of 2^20 ns.
    pub const EDGES: [u64; 8] = [0, 1, 4, 8, 16, 32, 64, 128];
    /// How they are called.
    pub const LABELS: [&'static str; 8] =
        ["0-1ms", "1-4ms", "4-8ms", "8-16ms", "16-32ms", "32-64ms", "64-128ms", ">=128ms"];
}

impl sealed::Shape for Eight {}

impl Buckets for Eight {
    const COUNT: usize = 8;

    #[inline]
    fn index(nanoseconds: u64) -> usize {
        // Powers of two all but the second edge, so that the length of the number says it.
        let bits = 64 - (nanoseconds >> 20).leading_zeros() as usize;
        match bits {
            0 => 0,
            1 | 2 => 1,
            _ => (bits - 1).min(7),
        }
    }

    fn lower(bucket: usize) -> u64 {
        Self::EDGES.get(bucket).map_or(u64::MAX, |edge| edge << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_the_kernels() {
        for (bucket, edge) in Eight::EDGES.into_iter().enumerate() {
            assert_eq!(Eight::index(edge << 20), bucket);
            assert_eq!(Eight::lower(bucket), edge << 20);
            if bucket > 0 {
                assert_eq!(Eight::index((edge << 20) - 1), bucket - 1);
            }
        }
        assert_eq!((Eight::index(1_000_000), Eight::index(u64::MAX)), (0, 7));
    }
}
