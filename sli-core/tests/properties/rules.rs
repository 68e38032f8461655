//! Rules find what is there.

use super::{histogram, short_time, time};
use proptest::collection::vec;
use proptest::prelude::*;
use sli_core::histogram::LogLinear;
use sli_core::latency::{Latency, Quality};
use sli_core::threshold::{Event, Monitor, Rule, Sample, Setting, Target};

fn tick(monitor: &mut Monitor<u64>, now: u64) -> Vec<Event<u64>> {
    let mut events = Vec::new();
    monitor.tick(now, &mut events);
    events
}

proptest! {
    #[test]
    fn rules_find_what_is_there(
        times in vec((0_u64..3, time()), 0..60),
        threshold in time(),
        count in 0_u64..5,
        sum in time(),
    ) {
        let mut monitor = Monitor::new();
        monitor.defaults_mut().period = Setting::On(1000);
        monitor.defaults_mut().set_each(Latency::Wait, Setting::On(Rule { threshold, count }));
        monitor.defaults_mut().set_long_term(Latency::Wait, Setting::On(sum));
        (0..3).for_each(|container| monitor.add(container, None, 0));
        for (container, time) in &times {
            monitor.observe(*container, &Sample::new(Latency::Wait, *time));
        }
        let events = tick(&mut monitor, 1000);
        for container in 0..3 {
            let of: Vec<u64> = times.iter().filter(|(of, _)| *of == container).map(|(_, time)| *time).collect();
            let passed = of.iter().filter(|time| **time >= threshold).count() as u64;
            let total = of.iter().fold(0_u64, |sum, time| sum.saturating_add(*time));
            let find = |target| events.iter().find(|event| event.container == container && event.target == target);
            let each = find(Target::Each(Latency::Wait));
            prop_assert_eq!(each.map(|event| event.count.lower), (count > 0 && passed >= count).then_some(passed));
            let long_term = find(Target::LongTerm(Latency::Wait));
            prop_assert_eq!(long_term.map(|event| event.total.lower), (!of.is_empty() && total >= sum).then_some(total));
        }
        prop_assert_eq!(tick(&mut monitor, 2000), []);
    }

    #[test]
    fn differences_find_at_least_what_samples_find(times in vec(short_time(), 0..40), threshold in time(), count in 1_u64..5) {
        let mut monitor = Monitor::new();
        monitor.defaults_mut().period = Setting::On(1000);
        monitor.defaults_mut().set_each(Latency::Wait, Setting::On(Rule { threshold, count }));
        (0..2).for_each(|container| monitor.add(container, None, 0));
        for time in &times {
            monitor.observe(0, &Sample::new(Latency::Wait, *time));
        }
        monitor.observe_difference(1, Latency::Wait, &histogram::<LogLinear>(&times));
        let events = tick(&mut monitor, 1000);
        let of = |container| events.iter().find(|event| event.container == container);
        match (of(0), of(1)) {
            (Some(exact), Some(near)) => {
                prop_assert!(near.count.lower <= exact.count.lower && exact.count.lower <= near.count.upper);
                prop_assert_eq!((near.total, near.longest), (exact.total, exact.longest));
            }
            (Some(_), None) => prop_assert!(false, "missed"),
            (None, near) => prop_assert!(near.is_none_or(|near| near.quality != Quality::Exact)),
        }
    }

    #[test]
    fn rules_survive_a_restart(
        rules in vec((0_u64..4, 0..Latency::COUNT, any::<u64>(), 0_u64..4, 0_u8..3), 0..20),
        times in vec((0_u64..4, 0..Latency::COUNT, time()), 0..40),
        cut in any::<proptest::sample::Index>(),
        flip in any::<u8>(),
    ) {
        let mut monitor = Monitor::new();
        monitor.defaults_mut().period = Setting::On(1000);
        (0..4_u64).for_each(|container| monitor.add(container, container.checked_sub(1), 0));
        for (container, kind, threshold, count, which) in rules {
            let (kind, own) = (Latency::ALL[kind], monitor.rules_mut(container).unwrap());
            match which {
                0 => own.set_each(kind, Setting::On(Rule { threshold, count })),
                1 => own.set_long_term(kind, Setting::On(threshold)),
                _ => own.set_each(kind, Setting::Off),
            }
        }
        for (container, kind, time) in times {
            monitor.observe(container, &Sample::new(Latency::ALL[kind], time));
        }
        let mut bytes = Vec::new();
        monitor.export(&mut bytes);
        let mut again = Monitor::import(&bytes).unwrap();
        prop_assert_eq!(tick(&mut again, 1000), tick(&mut monitor, 1000));
        let cut = cut.index(bytes.len());
        prop_assert!(Monitor::import(&bytes[..cut]).is_err());
        bytes[cut] ^= flip;
        if let Ok(mut damaged) = Monitor::import(&bytes) {
            let _ = tick(&mut damaged, u64::MAX);
        }
    }
}
