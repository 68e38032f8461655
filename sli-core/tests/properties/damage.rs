//! No text and no bytes make a reader panic.

use proptest::collection::vec;
use proptest::prelude::*;
use sli_core::load_average::LoadAverages;
use sli_core::text::alibaba::{CfsStatistics, ProcStat, latency_text, parse_latency};
use sli_core::text::control::{Command, Control};
use sli_core::text::generation::{Generation, Group};
use sli_core::text::gopher;
use sli_core::text::limits::{self, Limits};
use sli_core::text::loadavg::{CpusetLoadavg, Loadavg};
use sli_core::text::opencloudos::Histograms;
use sli_core::text::totals::Totals;
use sli_core::text::{Text, monitor, open_metrics};
use sli_core::threshold::Monitor;

/// Every reader of texts, on the same text: none may panic, and what one takes it has to take again as it writes it.
fn read_all(text: &str) {
    let _ = Text::parse(text.as_bytes());
    if let Ok(read) = Histograms::parse(text) {
        for generation in Generation::ALL {
            let _ = (read.to_text(generation, Group::Scheduler), read.to_text(generation, Group::Memory));
        }
    }
    if let Ok(read) = Totals::parse(text) {
        let _ = read.to_text(Generation::G2);
    }
    if let Ok(read) = Control::parse(text) {
        assert_eq!(Control::parse(&read.to_string()), Ok(read));
    }
    if let Ok(read) = monitor::parse(text) {
        assert_eq!(monitor::parse(&monitor::to_text(&read)), Ok(read));
    }
    if let Ok(read) = Limits::parse(text) {
        assert_eq!(Limits::parse(&read.to_text()), Ok(read));
    }
    if let Ok(read) = parse_latency(text) {
        assert_eq!(parse_latency(&latency_text(&read)), Ok(read));
    }
    if let Ok(read) = ProcStat::parse(text) {
        assert_eq!(ProcStat::parse(&read.to_string()), Ok(read));
    }
    if let Ok(read) = CfsStatistics::parse(text) {
        assert_eq!(CfsStatistics::parse(&read.to_string()), Ok(read));
    }
    if let Ok(read) = gopher::parse(text) {
        let again: String = read.iter().map(ToString::to_string).collect();
        assert_eq!(gopher::parse(&again), Ok(read));
    }
    if let Ok(read) = CpusetLoadavg::parse(text) {
        assert_eq!(CpusetLoadavg::parse(&read.to_string()), Ok(read));
    }
    if let Ok(read) = open_metrics::parse(text) {
        assert_eq!(open_metrics::parse(&open_metrics::to_text(&read)), Ok(read));
    }
    let _ = (Loadavg::parse(text), Command::parse(text), limits::Command::parse(text));
}

/// A text of each kind.
const TEXTS: [&str; 14] = [
    "schedlat_wait:\n0-1ms: 0\n1-4ms: 1\n4-8ms: 2\n8-16ms: 3\n16-32ms: 4\n32-64ms: 5\n64-128ms: 6\n>=128ms: 7\n",
    "globa_direct_reclaim:\n\t0-1ms: \t\t0\n\t1-5ms: \t\t1\n\t5-10ms: \t2\n\t10-100ms: \t3\n\t>=100ms: \t6\n",
    "schedlat_wait: 5\nmemlat_direct_compact: 18446744073709551615\n",
    "period: 25\nmbuf_enable: 1\nschedlat_wait: threshold: 1, count: 2\nlongterm_irqtime: threshold: 3\n",
    "0 5 12\n2 1 4294967295\n",
    "direct_compact_threshold       = 4 ms\npage_alloc_threshold\t   = 0 ms\n",
    "0-1ms: \t4\n>=1ms: \t0\ntotal(ms): \t5\nnr: \t4\n",
    "user 1\nload average(1min) 63\nrunning load average(15min) 4\n",
    "1 2 3 -4 5\n",
    "|sli_io_node|sli_node_key|2 1000000 3 18446744073709551615 4|9|\n",
    "20.03 9.85 3.88 1/339 3852\n6.56 3.96 1.62\n13.46 5.89 2.27\n",
    "# TYPE a_seconds histogram\n# UNIT a_seconds seconds\n# HELP a_seconds b\\n\na_seconds_bucket{c=\"\\\"\",le=\"1.0\"} 1\n\
     a_seconds_bucket{c=\"\\\"\",le=\"+Inf\"} 2\na_seconds_count{c=\"\\\"\"} 2\na_seconds_sum{c=\"\\\"\"} 2.5\n# EOF\n",
    "schedlat_rundelay_threshold=24000,count=10\n",
    "sli is not enabled, please echo 1 > /proc/sli/sli_enabled\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_a_reader_panic(text in ".*", lines in vec("[ \t0-9a-z:=|./,#{}\"<>-]{0,30}", 0..6)) {
        read_all(&text);
        read_all(&lines.join("\n"));
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Text::parse(&bytes);
        let _ = (Monitor::import(&bytes), LoadAverages::import(&bytes));
    }

    #[test]
    fn no_damaged_text_makes_a_reader_panic(
        text in proptest::sample::select(&TEXTS[..]),
        damage in vec((any::<proptest::sample::Index>(), 0_u8..4, any::<u8>()), 1..6),
    ) {
        let mut bytes = text.as_bytes().to_vec();
        for (at, how, byte) in damage {
            let at = at.index(bytes.len() + 1);
            match how {
                0 => bytes.insert(at, byte),
                1 if at < bytes.len() => bytes[at] = byte,
                2 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        let _ = Text::parse(&bytes);
        read_all(&String::from_utf8_lossy(&bytes));
    }
}
