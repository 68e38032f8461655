//! Where buckets begin, as data: each kernel and collector has its own.

use super::Buckets;
use std::borrow::Cow;
use std::fmt;

/// Where buckets begin: from 0 on, each up to the next one's edge and without it, the last one without end.
///
/// A text names its buckets in milliseconds (`1-4ms`). What its writer takes for a millisecond is the unit: 2^20 ns in the
/// kernels, so that its edges are 4.9 % above what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edges {
    /// Nanoseconds.
    unit: u64,
    /// In units; the first one is 0, each greater than the one before.
    starts: Cow<'static, [u64]>,
    /// Why a bucket may hold what does not belong into it.
    fault: Option<&'static str>,
}

/// What kernels take for a millisecond.
const SHIFTED: u64 = 1 << 20;
const SEVEN: [u64; 7] = [0, 1, 5, 10, 100, 500, 1000];

impl Edges {
    /// The eight of OpenCloudOS since its second generation, scheduler and memory.
    pub const EIGHT: Self = Self::known(SHIFTED, &[0, 1, 4, 8, 16, 32, 64, 128], None);
    /// The fifteen of the scheduler in OpenCloudOS' first generation (G0).
    pub const FIFTEEN: Self = Self::known(
        SHIFTED,
        &[0, 1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 500, 1000],
        Some("that kernel counts 100-500ms as 20-30ms, 500-1000ms as 30-40ms and >=1000ms as 40-50ms"),
    );
    /// The seven of memory in OpenCloudOS' first generation, and in Alibaba's kernels.
    pub const SEVEN: Self = Self::known(SHIFTED, &SEVEN, None);
    /// The fourteen of the scheduler in Alibaba's kernels.
    pub const FOURTEEN: Self =
        Self::known(SHIFTED, &[0, 1, 4, 7, 10, 20, 30, 40, 50, 100, 500, 1000, 5000, 10000], None);
    /// The seven of gala-gopher, which takes 64 ns for a millisecond.
    pub const GOPHER: Self = Self::known(64, &SEVEN, None);

    const fn known(unit: u64, starts: &'static [u64], fault: Option<&'static str>) -> Self {
        Self { unit, starts: Cow::Borrowed(starts), fault }
    }

    /// Those of a kernel's text by where its labels say that they begin, in milliseconds; none if that is nowhere, not at 0,
    /// not in order, or beyond 2^64 ns.
    #[must_use]
    pub fn of_kernel(starts: &[u64]) -> Option<Self> {
        let known = [Self::EIGHT, Self::FIFTEEN, Self::SEVEN, Self::FOURTEEN];
        if let Some(known) = known.into_iter().find(|known| *known.starts == *starts) {
            return Some(known);
        }
        Self::of_units(SHIFTED, starts.to_vec())
    }

    /// Those of a shape of this crate.
    #[must_use]
    pub fn of<B: Buckets>() -> Self {
        let starts: Vec<u64> = (0..B::COUNT).map(B::lower).collect();
        Self { unit: 1, starts: starts.into(), fault: None }
    }

    fn of_units(unit: u64, starts: Vec<u64>) -> Option<Self> {
        let in_order = starts.iter().zip(starts.iter().skip(1)).all(|(one, next)| one < next);
        let in_range = starts.last().is_some_and(|last| last.checked_mul(unit).is_some());
        let is_whole = starts.first() == Some(&0) && in_order && in_range;
        is_whole.then_some(Self { unit, starts: starts.into(), fault: None })
    }

    /// How many buckets there are: at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// Where they begin, in units: in what their writer takes for milliseconds.
    #[must_use]
    pub fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// What their writer takes for a millisecond, in nanoseconds; 1 for the shapes of this crate.
    #[must_use]
    pub const fn unit(&self) -> u64 {
        self.unit
    }

    /// Where a bucket begins, in nanoseconds; none if there is no such bucket.
    #[must_use]
    pub fn lower(&self, bucket: usize) -> Option<u64> {
        self.starts.get(bucket).map(|start| start.saturating_mul(self.unit))
    }

    /// Where they begin, in nanoseconds.
    pub fn lowers(&self) -> impl Iterator<Item = u64> {
        self.starts.iter().map(|start| start.saturating_mul(self.unit))
    }

    /// The bucket that a time in nanoseconds falls into.
    #[must_use]
    pub fn index(&self, nanoseconds: u64) -> usize {
        self.lowers().take_while(|lower| *lower <= nanoseconds).count().saturating_sub(1)
    }

    /// Why a bucket may hold what does not belong into it; none if all is well.
    #[must_use]
    pub const fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// What texts call the buckets: `0-1ms` and so on, `>=128ms` at last.
    pub fn labels(&self) -> impl Iterator<Item = Label> {
        let ends = self.starts.iter().skip(1).copied().map(Some).chain([None]);
        self.starts.iter().zip(ends).map(|(start, end)| Label { start: *start, end })
    }
}

/// What texts call a bucket, in what they take for milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where it begins.
    pub start: u64,
    /// Where the next one begins; none of the last one.
    pub end: Option<u64>,
}

impl Label {
    /// A label as texts have it: `1-4ms`, `>=128ms`; none if it is none.
    #[must_use]
    pub fn parse(label: &str) -> Option<Self> {
        let whole =
            |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?;
        let range = label.trim().strip_suffix("ms")?;
        if let Some(start) = range.strip_prefix(">=") {
            return Some(Self { start: whole(start)?, end: None });
        }
        let (start, end) = range.split_once('-')?;
        Some(Self { start: whole(start)?, end: Some(whole(end)?) })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            Some(end) => write!(f, "{}-{end}ms", self.start),
            None => write!(f, ">={}ms", self.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Eight, LogLinear};
    use super::*;

    #[test]
    fn labels_are_those_of_the_texts() {
        let labels = |edges: &Edges| edges.labels().map(|label| label.to_string()).collect::<Vec<_>>();
        assert_eq!(labels(&Edges::EIGHT), Eight::LABELS);
        assert_eq!(labels(&Edges::SEVEN).last().unwrap(), ">=1000ms");
        let fourteen = labels(&Edges::FOURTEEN);
        assert_eq!(
            (fourteen.len(), fourteen[2].as_str(), fourteen[12].as_str()),
            (14, "4-7ms", "5000-10000ms")
        );
        for edges in [Edges::EIGHT, Edges::FIFTEEN, Edges::SEVEN, Edges::FOURTEEN] {
            assert!(
                edges.labels().zip(labels(&edges)).all(|(label, text)| Label::parse(&text) == Some(label))
            );
            assert_eq!(Edges::of_kernel(edges.starts()), Some(edges));
        }
        for wrong in ["", "ms", "1ms", "1-ms", "-1ms", ">=ms", "1-4", "+1-4ms", "1-99999999999999999999ms"] {
            assert_eq!(Label::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn edges_agree_with_the_shapes() {
        for time in
            (0..64).map(|bit| 1_u64 << bit).flat_map(|time| [time - 1, time, time + 1]).chain([u64::MAX])
        {
            assert_eq!(Edges::EIGHT.index(time), Eight::index(time), "{time}");
            assert_eq!(Edges::of::<LogLinear>().index(time), LogLinear::index(time), "{time}");
        }
        for wrong in [&[][..], &[1, 2], &[0, 2, 2], &[0, u64::MAX]] {
            assert_eq!(Edges::of_kernel(wrong), None, "{wrong:?}");
        }
    }
}
