//! What is written is read again.

use proptest::collection::vec;
use proptest::prelude::*;
use sli_core::histogram::{BucketCounts, Edges};
use sli_core::latency::{Latency, Quality};
use sli_core::load_average::LoadAverages;
use sli_core::text::alibaba::{CfsStatistics, ProcStat, ProcStatItem, latency_text, parse_latency};
use sli_core::text::control::{Command, Control, Rule as ControlRule};
use sli_core::text::generation::{Generation, Group};
use sli_core::text::gopher::{self, Field, Record};
use sli_core::text::limits::{self, Limits};
use sli_core::text::loadavg::{CpusetLoadavg, Hundredths, Loadavg};
use sli_core::text::opencloudos::Histograms;
use sli_core::text::totals::Totals;
use sli_core::text::{Text, monitor, open_metrics};
use sli_core::threshold::Target;

fn generation() -> impl Strategy<Value = Generation> {
    proptest::sample::select(&Generation::ALL[..])
}

fn group() -> impl Strategy<Value = Group> {
    prop_oneof![Just(Group::Scheduler), Just(Group::Memory)]
}

fn counts(edges: Edges) -> impl Strategy<Value = BucketCounts> {
    let numbers = vec(any::<u64>(), edges.count());
    numbers.prop_map(move |numbers| BucketCounts::from_counts(edges.clone(), numbers).unwrap())
}

fn histograms() -> impl Strategy<Value = (Generation, Group, Histograms)> {
    (generation(), group()).prop_flat_map(|(generation, group)| {
        let items = generation.items(group);
        vec(counts(generation.edges(group)), items.len()).prop_map(move |all| {
            let mut histograms = Histograms::default();
            items.iter().zip(all).for_each(|(kind, counts)| histograms.push(*kind, counts));
            (generation, group, histograms)
        })
    })
}

fn word() -> impl Strategy<Value = String> {
    "[a-z_]{1,20}"
}

proptest! {
    #[test]
    fn histograms_round_trip((generation, group, written) in histograms()) {
        let text = written.to_text(generation, group).unwrap();
        let read = Histograms::parse(&text).unwrap();
        prop_assert!(read.generations.contains(generation));
        prop_assert_eq!(&read.to_text(generation, group).unwrap(), &text);
        prop_assert!(read.items.iter().zip(&written.items).all(|(read, written)| read.counts == written.counts));
        prop_assert_eq!(Text::parse(text.as_bytes()), Ok(Text::Histograms(read)));
    }

    #[test]
    fn totals_round_trip(generation in generation(), group in group(), values in vec(any::<u64>(), 7)) {
        let mut totals = Totals::default();
        generation.items(group).iter().zip(values).for_each(|(kind, value)| totals.push(*kind, value));
        match totals.to_text(generation) {
            Ok(text) => {
                let read = Totals::parse(&text).unwrap();
                prop_assert!(read.generations.contains(generation) && read.meaning().is_some());
                prop_assert_eq!(&read.to_text(generation).unwrap(), &text);
                prop_assert_eq!(Text::parse(text.as_bytes()), Ok(Text::Totals(read)));
            }
            Err(error) => prop_assert!(generation < Generation::G1b, "{error}"),
        }
    }

    #[test]
    fn control_round_trips(
        period in proptest::option::of(any::<u64>()),
        mbuf in proptest::option::of(any::<u64>()),
        rules in vec((word(), any::<u64>(), proptest::option::of(any::<u64>())), 0..9),
    ) {
        let rule = |(name, threshold, count): (String, u64, Option<u64>)| {
            ControlRule { target: Target::parse(&name), name, threshold, count }
        };
        let rules = rules.into_iter().filter(|(name, _, _)| name != "period" && name != "mbuf_enable").map(rule);
        let control = Control { period_ticks: period, mbuf_enable: mbuf, rules: rules.collect() };
        prop_assert_eq!(Control::parse(&control.to_string()), Ok(control));
    }

    #[test]
    fn commands_round_trip(kind in 0..Latency::COUNT, threshold in any::<u64>(), count in any::<u64>(), generation in generation()) {
        let kind = Latency::ALL[kind];
        let rule = |target| Command::Rule { target, threshold, count };
        for command in [Command::Period(threshold), Command::MbufEnable(count), rule(Target::Each(kind)), rule(Target::LongTerm(kind))] {
            let exists = match command {
                Command::Rule { target, .. } => monitor::Entry::new(target, 1).is_some(),
                _ => true,
            };
            prop_assert_eq!(Command::parse(&command.to_string()).ok(), exists.then_some(command));
        }
        for command in [limits::Command::All(threshold), limits::Command::One { kind, threshold }] {
            if let Ok(text) = command.to_text(generation) {
                prop_assert_eq!(limits::Command::parse(&text), Ok(command));
            }
        }
    }

    #[test]
    fn monitor_entries_round_trip(entries in vec((any::<u32>(), any::<u32>(), any::<u32>()), 0..9)) {
        let entry = |(class, item, count)| monitor::Entry { class, item, count };
        let entries: Vec<_> = entries.into_iter().map(entry).collect();
        prop_assert_eq!(monitor::parse(&monitor::to_text(&entries)), Ok(entries));
    }

    #[test]
    fn limits_round_trip(generation in generation(), group in group(), threshold in any::<u64>()) {
        match Limits::new(generation, group, threshold) {
            Ok(limits) => prop_assert_eq!(Limits::parse(&limits.to_text()), Ok(limits)),
            Err(_) => prop_assert_eq!(generation, Generation::G2),
        }
    }

    #[test]
    fn alibabas_texts_round_trip(
        mut latency in prop_oneof![counts(Edges::FOURTEEN), counts(Edges::SEVEN), counts(Edges::EIGHT)],
        total_ms in proptest::option::of(any::<u64>()),
        nr in proptest::option::of(any::<u64>()),
        stat in vec((0..ProcStatItem::ALL.len(), any::<u64>()), 1..30),
        cfs in any::<[i64; 5]>(),
    ) {
        (latency.total_ms, latency.nr) = (total_ms, nr);
        prop_assert_eq!(parse_latency(&latency_text(&latency)), Ok(latency));
        let mut proc_stat = ProcStat::default();
        stat.into_iter().for_each(|(item, value)| proc_stat.set(ProcStatItem::ALL[item], value));
        prop_assert_eq!(ProcStat::parse(&proc_stat.to_string()), Ok(proc_stat));
        let [serve, on_cpu, queue_other, queue_sibling, queue_max] = cfs;
        let cfs = CfsStatistics { serve, on_cpu, queue_other, queue_sibling, queue_max };
        prop_assert_eq!(CfsStatistics::parse(&cfs.to_string()), Ok(cfs));
    }

    #[test]
    fn gala_gophers_records_round_trip(
        table in word(),
        key in "[0-9a-f]{0,64}",
        fields in vec((proptest::option::of(any::<[u32; 7]>()), any::<u64>(), any::<bool>(), vec(any::<u64>(), 0..2)), 1..6),
    ) {
        let field = |counts: &[u32; 7], has_length: bool, tail: &[u64]| {
            let tail = if has_length { tail.to_vec() } else { Vec::new() };
            Field { has_length, tail, ..Field::new(counts.map(u64::from)) }
        };
        let histograms = fields.iter().map(|(counts, _, length, tail)| Some(field(counts.as_ref()?, *length, tail)));
        let sums = fields.iter().map(|(_, sum, _, _)| *sum).collect();
        let record = Record { table, key, histograms: histograms.collect(), sums };
        prop_assert_eq!(gopher::parse(&record.to_string()), Ok(vec![record]));
    }

    #[test]
    fn load_averages_round_trip(averages in any::<[[u64; 3]; 3]>(), counts in any::<[u64; 3]>(), three in any::<bool>()) {
        let [all, running, blocked] = averages.map(Hundredths);
        let loadavg = Loadavg { averages: all, running: counts[0], tasks: counts[1], last_pid: counts[2] };
        prop_assert_eq!(Loadavg::parse(&loadavg.to_string()), Ok(loadavg));
        let cpuset = CpusetLoadavg { all: loadavg, split: three.then_some((running, blocked)) };
        prop_assert_eq!(CpusetLoadavg::parse(&cpuset.to_string()), Ok(cpuset));
    }

    #[test]
    fn open_metrics_round_trip(
        containers in vec((".*", counts(Edges::EIGHT), proptest::option::of(any::<u64>()), any::<u64>(), any::<bool>()), 0..4),
        help in ".*",
    ) {
        let named: Vec<String> = (0..containers.len()).map(|at| at.to_string()).collect();
        let labels: Vec<[(&str, &str); 2]> =
            named.iter().zip(&containers).map(|(id, (label, ..))| [("id", id.as_str()), ("name", label.as_str())]).collect();
        let quality = |exact: bool| if exact { Quality::Exact } else { Quality::Approximate("a \\ \"b\"\n") };
        let delay = |kind, exact, values, created| open_metrics::Delay { kind, quality: quality(exact), values, created };
        let delays: Vec<_> = containers
            .iter()
            .map(|(_, counts, sum, nanoseconds, exact)| {
                let buckets = open_metrics::Values::Buckets { counts, sum: *sum };
                let total = open_metrics::Values::Sum { nanoseconds: *nanoseconds, count: *sum };
                [delay(Latency::Wait, *exact, buckets, *sum), delay(Latency::RunDelay, *exact, total, None)]
            })
            .collect();
        let counters: Vec<_> = containers
            .iter()
            .map(|(_, _, created, value, exact)| {
                let (name, unit, created) = ("some_bytes", Some("bytes"), *created);
                [open_metrics::Counter { name, help: &help, unit, value: *value, quality: quality(*exact), created }]
            })
            .collect();
        let all: Vec<_> = (labels.iter().zip(&delays).zip(&counters))
            .map(|((labels, delays), counters)| {
                open_metrics::Container { labels, delays, load: Some(LoadAverages::default()), counters }
            })
            .collect();
        let text = open_metrics::write(&all).unwrap();
        let families = open_metrics::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        prop_assert_eq!(open_metrics::to_text(&families), text);
    }
}
