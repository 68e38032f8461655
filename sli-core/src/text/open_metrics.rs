//! OpenMetrics 1.0: what Prometheus and its like scrape (`application/openmetrics-text; version=1.0.0; charset=utf-8`).
//!
//! | family | type | of |
//! |---|---|---|
//! | `cgview_schedlat_rundelay_seconds`, one for each kind | histogram | what was counted in buckets |
//! | `cgview_schedlat_rundelay_time_seconds` | counter | what is known as a sum only |
//! | `cgview_schedlat_rundelay_times` | counter | how many times are in that sum, where it is known |
//! | `cgview_load_average` | gauge | `tasks` (all, running, blocked) over `minutes` (1, 5, 15) |
//! | any other | counter | what the caller has besides |
//!
//! A sum is never dressed up as a histogram. Buckets without a sum to the nanosecond have neither `_sum` nor `_count`, as
//! the format asks for. Each value says how good it is: `quality="exact"`, or `quality="approximate"` with a `reason`. What
//! is unavailable is left out.
//!
//! The format's buckets include their upper edge, a kernel's do not: `le` is the last nanosecond that is within.

mod number;
mod parse;
mod write;

pub use parse::{Family, Sample, parse, to_text};
pub use write::write;

use crate::histogram::BucketCounts;
use crate::latency::{Latency, Quality};
use crate::load_average::LoadAverages;

/// What is known of one container.
#[derive(Clone, Copy, Debug, Default)]
pub struct Container<'a> {
    /// What tells it from others, as `container` or `cgroup`: names and values.
    pub labels: &'a [(&'a str, &'a str)],
    /// What its tasks waited for.
    pub delays: &'a [Delay<'a>],
    /// Its load.
    pub load: Option<LoadAverages>,
    /// What else is counted of it.
    pub counters: &'a [Counter<'a>],
}

/// What the tasks of a container waited for.
#[derive(Clone, Copy, Debug)]
pub struct Delay<'a> {
    /// What it was.
    pub kind: Latency,
    /// How good the values are.
    pub quality: Quality,
    /// The values.
    pub values: Values<'a>,
    /// When counting began, in nanoseconds since 1970, if that is known.
    pub created: Option<u64>,
}

/// What is known of a delay.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// How many took how long.
    Buckets {
        /// Counts.
        counts: &'a BucketCounts,
        /// All times together in nanoseconds, if that is known to the nanosecond.
        sum: Option<u64>,
    },
    /// All times together, and not how long each of them was.
    Sum {
        /// In nanoseconds.
        nanoseconds: u64,
        /// How many times there were, if that is known.
        count: Option<u64>,
    },
}

/// Something else that is counted.
#[derive(Clone, Copy, Debug)]
pub struct Counter<'a> {
    /// The family's name, without `_total`, and ending in its unit if it has one: `cgview_throttled_seconds`.
    pub name: &'a str,
    /// What it is, in a sentence.
    pub help: &'a str,
    /// `seconds`, `bytes` and so on; none of a plain number.
    pub unit: Option<&'a str>,
    /// How many; of seconds how many nanoseconds, which are written as seconds.
    pub value: u64,
    /// How good that is.
    pub quality: Quality,
    /// When counting began, in nanoseconds since 1970, if that is known.
    pub created: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::histogram::{Edges, Eight, Histogram};

    #[test]
    fn a_container_is_written_by_the_rules_of_the_format() {
        let mut waits = Histogram::<Eight>::new();
        [500, 2 << 20, 1 << 30].into_iter().for_each(|time| waits.record(time));
        let sum = waits.sum();
        let waits = BucketCounts::from(&waits).to_edges(&Edges::EIGHT).unwrap();
        let exact = Quality::Exact;
        let near = Quality::Approximate("polled \"sums\"");
        let delays = [
            Delay {
                kind: Latency::Wait,
                quality: exact,
                values: Values::Buckets { counts: &waits, sum },
                created: None,
            },
            Delay {
                kind: Latency::RunDelay,
                quality: near,
                values: Values::Sum { nanoseconds: 1_500_000_001, count: Some(7) },
                created: Some(1_700_000_000_250_000_000),
            },
            Delay {
                kind: Latency::IoBlock,
                quality: Quality::Unavailable("no source"),
                values: Values::Sum { nanoseconds: 0, count: None },
                created: None,
            },
        ];
        let container = Container {
            labels: &[("container", "a\\b\n\"c\"")],
            delays: &delays,
            load: Some(LoadAverages::default()),
            counters: &[Counter {
                name: "cgview_throttled_seconds",
                help: "Time throttled.",
                unit: Some("seconds"),
                value: 3_000_000_000,
                quality: exact,
                created: None,
            }],
        };
        let text = write(&[container]).unwrap();
        let id = r#"container="a\\b\n\"c\"",quality="exact""#;
        let near = r#"container="a\\b\n\"c\"",quality="approximate",reason="polled \"sums\"""#;
        for line in [
            "# TYPE cgview_schedlat_wait_seconds histogram\n# UNIT cgview_schedlat_wait_seconds seconds\n# HELP ".into(),
            format!("\ncgview_schedlat_wait_seconds_bucket{{{id},le=\"0.001048575\"}} 1\n"),
            format!("\ncgview_schedlat_wait_seconds_bucket{{{id},le=\"0.134217727\"}} 2\n"),
            format!("\ncgview_schedlat_wait_seconds_bucket{{{id},le=\"+Inf\"}} 3\n"),
            format!("\ncgview_schedlat_wait_seconds_count{{{id}}} 3\n"),
            format!("\ncgview_schedlat_wait_seconds_sum{{{id}}} 1.075839476\n"),
            "\n# TYPE cgview_schedlat_rundelay_time_seconds counter\n".into(),
            format!("\ncgview_schedlat_rundelay_time_seconds_total{{{near}}} 1.500000001\n"),
            format!("\ncgview_schedlat_rundelay_time_seconds_created{{{near}}} 1700000000.25\n"),
            format!("\ncgview_schedlat_rundelay_times_total{{{near}}} 7\n"),
            "\ncgview_load_average{container=\"a\\\\b\\n\\\"c\\\"\",tasks=\"blocked\",minutes=\"15\"} 0.0\n".into(),
            format!("\ncgview_throttled_seconds_total{{{id}}} 3.0\n"),
        ] {
            assert!(text.contains(&line), "{line}\n{text}");
        }
        assert!(text.ends_with("\n# EOF\n") && !text.contains("ioblock"));
        let families = parse(&text).unwrap();
        assert_eq!(to_text(&families), text);
        assert_eq!(families[0].samples[0].labels[0], ("container".into(), "a\\b\n\"c\"".into()));
    }

    #[test]
    fn buckets_without_a_sum_have_no_count_either() {
        let counts = BucketCounts::new(Edges::FOURTEEN);
        let values = Values::Buckets { counts: &counts, sum: None };
        let delays = [Delay { kind: Latency::Wait, quality: Quality::Exact, values, created: None }];
        let text = write(&[Container { delays: &delays, ..Container::default() }]).unwrap();
        assert!(!text.contains("_sum") && !text.contains("_count") && text.contains("le=\"+Inf\"} 0\n"));
        assert_eq!(to_text(&parse(&text).unwrap()), text);
        assert_eq!(write(&[]).unwrap(), "# EOF\n");
    }

    #[test]
    fn what_would_break_the_format_is_refused() {
        let counts = BucketCounts::new(Edges::EIGHT);
        let values = Values::Buckets { counts: &counts, sum: None };
        let delay = Delay { kind: Latency::Wait, quality: Quality::Exact, values, created: None };
        let counter = Counter {
            name: "cgview_throttled",
            help: "",
            unit: Some("seconds"),
            value: 1,
            quality: Quality::Exact,
            created: None,
        };
        let named = |name| Counter { name, unit: None, ..counter };
        for (container, reason) in [
            (Container { labels: &[("le", "1")], ..Container::default() }, "label \"le\""),
            (Container { labels: &[("a-b", "1")], ..Container::default() }, "label \"a-b\""),
            (Container { labels: &[("a", "1"), ("a", "2")], ..Container::default() }, "label \"a\" twice"),
            (Container { delays: &[delay, delay], ..Container::default() }, "twice"),
            (Container { counters: &[counter], ..Container::default() }, "does not end in _seconds"),
            (Container { counters: &[named("1a")], ..Container::default() }, "\"1a\" is no name"),
            (
                Container {
                    load: Some(LoadAverages::default()),
                    counters: &[named("cgview_load_average")],
                    ..Container::default()
                },
                "another family",
            ),
            (
                Container { counters: &[named("a_total")], ..Container::default() },
                "\"a_total\" ends in _total",
            ),
        ] {
            let refused = write(&[container]).unwrap_err();
            assert!(
                matches!(refused, Error::Unwritable { .. }) && refused.to_string().contains(reason),
                "{refused}"
            );
        }
    }
}
