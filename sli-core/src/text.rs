//! The texts of kernels and collectors that have indicators, read and written to the byte.
//!
//! | module | text |
//! |---|---|
//! | [`opencloudos`] | `cpuacct.sli`, `memory.sli`, `sli.cpu`, `sli.memory` of each generation |
//! | [`totals`] | `cpuacct.sli_max`, `memory.sli_max`, `sli.max`: longest times, or totals, by generation |
//! | [`control`] | `sli.control` as it is read, and what is written to it |
//! | [`monitor`] | `sli.monitor` |
//! | [`limits`] | `/proc/sli/sched_latency_threshold` and `/proc/sli/memory_latency_threshold` |
//! | [`alibaba`] | `*_latency`, `cpuacct.proc_stat`, `cpuacct.sched_cfs_statistics` |
//! | [`gopher`] | the records of gala-gopher |
//! | [`loadavg`] | `/proc/loadavg`, `cpuset.loadavg` |
//! | [`open_metrics`] | OpenMetrics 1.0, for what scrapes |
//!
//! [`Text::parse`] takes any of the kernels' and the collector's texts and says which it is. Readers forgive blanks, tabs
//! and empty lines, keep items that they do not know, and refuse the rest with its line and the value that offended.

pub mod alibaba;
mod buckets;
pub mod control;
pub mod generation;
pub mod gopher;
pub mod limits;
mod line;
pub mod loadavg;
pub mod monitor;
pub mod open_metrics;
pub mod opencloudos;
pub mod totals;

use crate::error::Error;
use crate::histogram::BucketCounts;

/// Any text, as what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Text {
    /// Nothing: the kernel keeps no indicators of this cgroup, or there is no event.
    Empty,
    /// Indicators are switched off.
    Off(generation::Off),
    /// Histograms of OpenCloudOS.
    Histograms(opencloudos::Histograms),
    /// Longest times or totals of OpenCloudOS.
    Totals(totals::Totals),
    /// `sli.control`.
    Control(control::Control),
    /// `sli.monitor`.
    Monitor(Vec<monitor::Entry>),
    /// Thresholds of OpenCloudOS' first two generations.
    Limits(limits::Limits),
    /// One of Alibaba's `*_latency`.
    Latency(BucketCounts),
    /// Alibaba's `cpuacct.proc_stat`.
    ProcStat(Box<alibaba::ProcStat>),
    /// Alibaba's `cpuacct.sched_cfs_statistics`.
    CfsStatistics(alibaba::CfsStatistics),
    /// Records of gala-gopher.
    Gopher(Vec<gopher::Record>),
    /// `/proc/loadavg` or `cpuset.loadavg`.
    Loadavg(loadavg::CpusetLoadavg),
}

impl Text {
    /// Recognises a text by what is in it, and reads it.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if it is none of those above, or breaks off within.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let text = line::utf8(bytes)?;
        let Some((number, first)) = line::numbered(text).next() else { return Ok(Self::Empty) };
        if let Some(off) = generation::Off::parse(text) {
            return Ok(Self::Off(off));
        }
        if first.starts_with('|') {
            return gopher::parse(text).map(Self::Gopher);
        }
        if first.starts_with("period:") {
            return control::Control::parse(text).map(Self::Control);
        }
        if let Some((name, value)) = first.split_once(':') {
            return match (value.trim(), crate::histogram::Label::parse(name)) {
                ("", _) => opencloudos::Histograms::parse(text).map(Self::Histograms),
                (_, Some(_)) => alibaba::parse_latency(text).map(Self::Latency),
                (_, None) if name.contains("_threshold") || value.contains("threshold:") => {
                    control::Control::parse(text).map(Self::Control)
                }
                _ => totals::Totals::parse(text).map(Self::Totals),
            };
        }
        if first.contains('=') {
            return limits::Limits::parse(text).map(Self::Limits);
        }
        if first.starts_with("user ") {
            return alibaba::ProcStat::parse(text).map(|stat| Self::ProcStat(stat.into()));
        }
        match first.split_ascii_whitespace().count() {
            3 if !first.contains('.') => monitor::parse(text).map(Self::Monitor),
            5 if first.contains('/') => loadavg::CpusetLoadavg::parse(text).map(Self::Loadavg),
            5 => alibaba::CfsStatistics::parse(text).map(Self::CfsStatistics),
            _ => Err(line::refuse(number, format!("{first:?} begins no text that is known"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_known_by_its_first_line() {
        for (text, expected) in [
            ("\n \n", "Empty"),
            ("sli is not enabled, please echo 1 > /proc/sli/sli_enabled\n", "Off"),
            ("schedlat_wait:\n0-1ms: 1\n>=1ms: 2\n", "Histograms"),
            ("schedlat_wait: 5\n", "Totals"),
            ("period: 25\nmbuf_enable: 0\n", "Control"),
            ("schedlat_wait: threshold: 1, count: 2\n", "Control"),
            ("0 5 12\n", "Monitor"),
            ("schedlat_wait_thr = 4 ms\n", "Limits"),
            ("0-1ms: \t4\n>=1ms: \t0\nnr: \t4\n", "Latency"),
            ("user 1\nnice 2\n", "ProcStat"),
            ("1 2 3 -4 5\n", "CfsStatistics"),
            ("|sli_io_node|sli_node_key|1 18446744073709551615 4|9|\n", "Gopher"),
            ("20.03 9.85 3.88 1/339 3852\n", "Loadavg"),
        ] {
            let parsed = Text::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert!(format!("{parsed:?}").starts_with(expected), "{text:?} {parsed:?}");
        }
        for wrong in [&b"hello"[..], b"1 2", b"\n\xff", b"0-1ms: 4"] {
            assert!(Text::parse(wrong).is_err(), "{}", wrong.escape_ascii());
        }
        assert_eq!(Text::parse(b"\n\n\xff").unwrap_err().to_string(), "line 3: byte 2 is no UTF-8");
    }
}
