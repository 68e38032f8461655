//! `cpuacct.wait_latency` and its like, `memory.direct_reclaim_global_latency` and its like.

use super::super::buckets::Buckets;
use super::super::line;
use crate::error::Error;
use crate::histogram::BucketCounts;
use crate::latency::Latency;
use std::fmt::Write;

/// What a file of this name (`cpuacct.wait_latency`, `cpu.wait_latency`, `memory.direct_compact_latency`) holds; none if
/// that is no kind of this crate, as the wait of a whole group (`cpuacct.cgroup_wait_latency`).
#[must_use]
pub fn kind_of_file(file: &str) -> Option<Latency> {
    let (_, name) = file.rsplit_once('.')?;
    Some(match name.strip_suffix("_latency")? {
        "wait" => Latency::Wait,
        "block" => Latency::Block,
        "ioblock" => Latency::IoBlock,
        "direct_reclaim_global" => Latency::GlobalDirectReclaim,
        "direct_reclaim_memcg" => Latency::MemcgDirectReclaim,
        "direct_compact" => Latency::DirectCompact,
        "direct_swapout_global" => Latency::GlobalDirectSwapOut,
        "direct_swapout_memcg" => Latency::MemcgDirectSwapOut,
        "direct_swapin" => Latency::DirectSwapIn,
        _ => return None,
    })
}

/// Reads one: buckets of any shape, then the total in milliseconds of 10^6 ns and the number, as far as they are there.
///
/// Counts are since the cgroup was created or somebody wrote 0 to the file, of the tasks directly in it.
///
/// # Errors
///
/// [`Error::Text`] for a line that is none of these, and for buckets that do not follow one another.
pub fn parse_latency(text: &str) -> Result<BucketCounts, Error> {
    let mut buckets = Buckets::default();
    let (mut total_ms, mut nr) = (None, None);
    for (number, content) in line::numbered(text) {
        let (name, value) = content
            .split_once(':')
            .ok_or_else(|| line::refuse(number, format!("{content:?} has no colon")))?;
        match name.trim() {
            "total(ms)" => total_ms = Some(line::whole(number, "total(ms)", value)?),
            "nr" => nr = Some(line::whole(number, "nr", value)?),
            label => buckets.push(number, label, value)?,
        }
    }
    let mut counts = buckets.finish(1, "the text")?;
    (counts.total_ms, counts.nr) = (total_ms, nr);
    Ok(counts)
}

/// Writes one, to the byte; the total and the number if they are there.
#[must_use]
pub fn latency_text(counts: &BucketCounts) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (label, count) in counts.edges().labels().zip(counts.counts()) {
        let _ = writeln!(text, "{label}: \t{count}");
    }
    for (name, value) in [("total(ms)", counts.total_ms), ("nr", counts.nr)] {
        if let Some(value) = value {
            let _ = writeln!(text, "{name}: \t{value}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::{Bounds, Edges};

    #[test]
    fn fourteen_buckets_are_the_kernels() {
        let mut counts = BucketCounts::from_counts(Edges::FOURTEEN, (0..14).collect()).unwrap();
        (counts.total_ms, counts.nr) = (Some(1234), Some(91));
        let text = "0-1ms: \t0\n1-4ms: \t1\n4-7ms: \t2\n7-10ms: \t3\n10-20ms: \t4\n20-30ms: \t5\n30-40ms: \t6\n\
                    40-50ms: \t7\n50-100ms: \t8\n100-500ms: \t9\n500-1000ms: \t10\n1000-5000ms: \t11\n\
                    5000-10000ms: \t12\n>=10000ms: \t13\ntotal(ms): \t1234\nnr: \t91\n";
        assert_eq!(latency_text(&counts), text);
        assert_eq!(parse_latency(text).unwrap(), counts);
        assert_eq!(counts.sum_bounds(), Some(Bounds { lower: 1_234_000_000, upper: 1_234_999_999 }));
    }

    #[test]
    fn memory_and_older_kernels_have_fewer() {
        let mut memory = BucketCounts::new(Edges::SEVEN);
        memory.total_ms = Some(5);
        let text = latency_text(&memory);
        assert!(text.ends_with(">=1000ms: \t0\ntotal(ms): \t5\n"));
        assert_eq!(parse_latency(&text).unwrap(), memory);
        let older = "0-1ms: \t4\n1-4ms: \t0\n4-7ms: \t0\n7-10ms: \t0\n10-100ms: \t0\n100-500ms: \t0\n500-1000ms: \t0\n\
                     1000-5000ms: \t0\n5000-10000ms: \t0\n>=10000ms: \t1\ntotal(ms): \t20000\n";
        let read = parse_latency(older).unwrap();
        assert_eq!((read.counts().len(), latency_text(&read).as_str()), (10, older));
        assert!(parse_latency("nr: \t4\n").unwrap_err().to_string().contains("no buckets"));
    }

    #[test]
    fn files_are_known_by_name() {
        assert_eq!(kind_of_file("cpuacct.ioblock_latency"), Some(Latency::IoBlock));
        assert_eq!(kind_of_file("cpu.wait_latency"), Some(Latency::Wait));
        assert_eq!(kind_of_file("memory.direct_swapout_memcg_latency"), Some(Latency::MemcgDirectSwapOut));
        assert_eq!(kind_of_file("cpuacct.cgroup_wait_latency"), None);
        assert_eq!(kind_of_file("wait"), None);
    }
}
