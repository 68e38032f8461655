//! Records of gala-gopher's probe of indicators (openEuler): what was counted since the record before.
//!
//! `|TABLE|KEY|HISTOGRAM|...|SUM|...|`, one line each: seven buckets for each kind, then the sums of all kinds in nanoseconds.
//! A histogram is the number of its buckets (not in older versions) and for each where it ends and how many times lie below
//! that. It says milliseconds of 10^6 ns, but the probe divides nanoseconds by 64 where it counts: see [`Edges::GOPHER`].

use super::line;
use crate::error::Error;
use crate::histogram::{BucketCounts, Edges};
use crate::latency::Latency;
use std::fmt;

/// A histogram as it stands in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Counts by bucket, in the true edges.
    pub counts: Vec<u64>,
    /// Where the text says that each bucket ends, in nanoseconds.
    pub ends: Vec<u64>,
    /// Whether the number of buckets stands before them.
    pub has_length: bool,
    /// What stands behind them, in newer versions.
    pub tail: Vec<u64>,
}

/// Where the probe says that its buckets end.
const ENDS: [u64; 7] = [1_000_000, 5_000_000, 10_000_000, 100_000_000, 500_000_000, 1_000_000_000, u64::MAX];

impl Field {
    /// Seven buckets, as the newer versions write them.
    #[must_use]
    pub fn new(counts: [u64; 7]) -> Self {
        Self { counts: counts.into(), ends: ENDS.into(), has_length: true, tail: Vec::new() }
    }

    /// The counts in the buckets that the probe really has.
    ///
    /// # Errors
    ///
    /// [`Error::Buckets`] if they are not the seven that it is known to have.
    pub fn bucket_counts(&self) -> Result<BucketCounts, Error> {
        // One version forgets to set the ends of the histogram of disks.
        let is_known = self.ends == ENDS || (self.ends.len() == 7 && self.ends.iter().all(|end| *end == 0));
        if !is_known {
            return Err(Error::Buckets {
                reason: format!("they end at {:?} ns, which no version does", self.ends),
            });
        }
        BucketCounts::from_counts(Edges::GOPHER, self.counts.clone())
    }

    fn parse(number: usize, text: &str) -> Result<Self, Error> {
        let words: Vec<u64> = text
            .split_ascii_whitespace()
            .map(|word| line::whole(number, "histogram", word))
            .collect::<Result<_, _>>()?;
        // Pairs alone are an even number; of what has a length first, that says where the tail begins.
        let (length, pairs) = match words.split_first() {
            Some((length, rest)) if is_length(*length, rest.len()) => (Some(*length), rest),
            _ => (None, words.as_slice()),
        };
        let pairs_end = length.map_or(pairs.len(), |length| (length as usize).saturating_mul(2));
        let (pairs, tail) = pairs.split_at_checked(pairs_end).unwrap_or((pairs, &[]));
        let (pairs, odd) = pairs.as_chunks::<2>();
        if pairs.is_empty() || !odd.is_empty() {
            return Err(line::refuse(number, format!("{text:?} is no histogram")));
        }
        let mut field =
            Self { counts: Vec::new(), ends: Vec::new(), has_length: length.is_some(), tail: tail.into() };
        let mut below = 0;
        for [end, count] in pairs {
            let here = count.checked_sub(below).ok_or_else(|| {
                line::refuse(number, format!("{count} below {end} ns are less than the {below} before"))
            })?;
            field.counts.push(here);
            field.ends.push(*end);
            below = *count;
        }
        Ok(field)
    }
}

/// Whether the first of so many numbers more says how many buckets follow.
const fn is_length(first: u64, rest: usize) -> bool {
    first >= 1 && first <= 64 && first as usize * 2 <= rest && rest - first as usize * 2 <= 2
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.has_length {
            write!(f, "{}", self.counts.len())?;
        }
        let mut below: u64 = 0;
        for (count, end) in self.counts.iter().zip(&self.ends) {
            below = below.saturating_add(*count);
            if self.has_length { write!(f, " {end} {below}")? } else { write!(f, "{end} {below} ")? }
        }
        self.tail.iter().try_for_each(|word| write!(f, " {word}"))
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `sli_cpu_container`, `sli_mem_node` and so on.
    pub table: String,
    /// The container, or `sli_node_key` for the whole machine.
    pub key: String,
    /// A histogram of each kind; none where the probe left it out.
    pub histograms: Vec<Option<Field>>,
    /// The sum of each kind, in nanoseconds.
    pub sums: Vec<u64>,
}

impl Record {
    /// What its histograms and sums are of, in order; none where that is no kind of this crate, as the time of requests to
    /// disks. Empty if nobody knows the table.
    #[must_use]
    pub fn kinds(&self) -> &'static [Option<Latency>] {
        use Latency::{
            Block, DirectCompact, DirectSwapIn, IoBlock, LongSys, MemcgDirectReclaim, RunDelay, Sleep, Wait,
        };
        match self.table.as_str() {
            "sli_cpu_node" | "sli_cpu_container" => {
                &[Some(Wait), Some(Sleep), Some(IoBlock), Some(Block), Some(RunDelay), Some(LongSys)]
            }
            "sli_mem_node" | "sli_mem_container" => {
                &[Some(MemcgDirectReclaim), Some(DirectCompact), Some(DirectSwapIn)]
            }
            "sli_io_node" | "sli_io_container" => &[None],
            _ => &[],
        }
    }

    fn parse(number: usize, content: &str) -> Result<Self, Error> {
        let refused = || line::refuse(number, format!("{content:?} is no record"));
        let fields = content.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')).ok_or_else(refused)?;
        let mut fields = fields.split('|');
        let (table, key) = fields.next().zip(fields.next()).ok_or_else(refused)?;
        let fields: Vec<&str> = fields.collect();
        // As many histograms as sums.
        if fields.is_empty() || !fields.len().is_multiple_of(2) {
            return Err(line::refuse(
                number,
                format!("{} values are not a sum for each histogram", fields.len()),
            ));
        }
        let (histograms, sums) = fields.split_at(fields.len() / 2);
        let histogram = |text: &&str| match text.trim() {
            "" => Ok(None),
            text => Field::parse(number, text).map(Some),
        };
        Ok(Self {
            table: table.into(),
            key: key.into(),
            histograms: histograms.iter().map(histogram).collect::<Result<_, _>>()?,
            sums: sums.iter().map(|sum| line::whole(number, "sum", sum)).collect::<Result<_, _>>()?,
        })
    }
}

/// The line, with the newline.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "|{}|{}|", self.table, self.key)?;
        for histogram in &self.histograms {
            if let Some(histogram) = histogram {
                histogram.fmt(f)?;
            }
            f.write_str("|")?;
        }
        self.sums.iter().try_for_each(|sum| write!(f, "{sum}|"))?;
        f.write_str("\n")
    }
}

/// Reads records, one in each line.
///
/// # Errors
///
/// [`Error::Text`] for a line that is none.
pub fn parse(text: &str) -> Result<Vec<Record>, Error> {
    line::numbered(text).map(|(number, content)| Record::parse(number, content)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_all_versions_are_read_and_written_to_the_byte() {
        let ends =
            "1000000 1 5000000 3 10000000 3 100000000 3 500000000 3 1000000000 3 18446744073709551615 7";
        for histogram in [format!("{ends} "), format!("7 {ends}"), format!("7 {ends} 12345")] {
            let text = format!("|sli_mem_container|3f4e|{histogram}|{histogram}||100|200|0|\n");
            let records = parse(&text).unwrap();
            assert_eq!(records[0].to_string(), text);
            let field = records[0].histograms[0].as_ref().unwrap();
            assert_eq!(field.counts, [1, 2, 0, 0, 0, 0, 4]);
            assert_eq!(field.bucket_counts().unwrap().edges(), &Edges::GOPHER);
            assert_eq!((records[0].sums.as_slice(), &records[0].histograms[2]), (&[100, 200, 0][..], &None));
            assert_eq!(records[0].kinds()[1], Some(Latency::DirectCompact));
        }
        let field = Field::new([1, 2, 0, 0, 0, 0, 4]);
        assert_eq!(field.to_string(), format!("7 {ends}"));
    }

    #[test]
    fn errors_name_the_line_and_the_value() {
        for (text, error) in [
            ("|a|b|1 5 3|x|\n", "line 1: sum: \"x\" is no whole number below 2^64"),
            ("\n|a|b|2 5 3 6 2|0|", "line 2: 2 below 6 ns are less than the 3 before"),
            ("|a|b|1 5 3|", "line 1: 1 values are not a sum for each histogram"),
            ("|a|b", "line 1: \"|a|b\" is no record"),
            ("|a|b|9|0|", "line 1: \"9\" is no histogram"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), error);
        }
        let odd = parse("|a|b|1 5 3|0|").unwrap();
        assert!(odd[0].histograms[0].as_ref().unwrap().bucket_counts().is_err());
    }
}
