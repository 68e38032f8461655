//! Options: whatever is asked for, it can be had as it was asked for, or the option that cannot be is named.

use crate::cases;
use mbuf::{Clock, Error, GivenMemory, Limit, Options, Ring};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

fn options() -> impl Strategy<Value = Options> {
    let lanes = || select(vec![0, 1, 2, 3, 500, 1023, 1024, 1025, usize::MAX]);
    let bytes = prop_oneof![
        4 => 0..10_000_usize,
        1 => select(vec![127, 128, 256, 1 << 17, (1 << 17) + 1, 1 << 41, usize::MAX]),
    ];
    let clock = select(vec![Clock::Monotonic, Clock::Coarse, Clock::Caller]);
    let limit =
        (select(vec![0, 1, u32::MAX]), select(vec![Duration::ZERO, Duration::from_nanos(1), Duration::MAX]))
            .prop_map(|(burst, interval)| Limit { burst, interval });
    let limit = prop_oneof![3 => Just(None), 1 => limit.prop_map(Some)];
    let mode = prop_oneof![4 => Just(0o600), 1 => select(vec![0, 0o666, 0o777, 0o1777, u32::MAX])];
    let slots = prop_oneof![6 => 1..4_usize, 1 => select(vec![0, (1 << 20) + 1, usize::MAX])];
    let owners = select(vec![0, 1, 2, 16, 17, 256, u16::MAX]);
    (slots, bytes, lanes(), lanes(), owners, clock, limit, mode).prop_map(
        |(slots, bytes, own_lanes, common_lanes, owners, clock, limit, mode)| Options {
            slots,
            bytes,
            own_lanes,
            common_lanes,
            owners,
            clock,
            limit,
            mode,
        },
    )
}

/// The options that cannot be had, each judged by itself; of the lanes together it may be either.
fn impossible(options: &Options) -> Vec<&'static str> {
    let lanes = options.own_lanes.saturating_add(options.common_lanes);
    let has_lanes = options.common_lanes > 0 && lanes <= 1024;
    let lane_bytes = options.bytes / lanes.max(1);
    let is_limited = options.limit.is_none_or(|limit| {
        limit.burst > 0 && !limit.interval.is_zero() && u64::try_from(limit.interval.as_nanos()).is_ok()
    });
    let judged = [
        (options.common_lanes == 0, "common_lanes"),
        (lanes > 1024, "own_lanes"),
        (has_lanes && !(128..=1 << 30).contains(&lane_bytes), "bytes"),
        (options.owners == 0, "owners"),
        (options.mode > 0o777, "mode"),
        (!is_limited, "limit"),
        (!(1..=1 << 20).contains(&options.slots), "slots"),
    ];
    judged.iter().filter(|(is_impossible, _)| *is_impossible).map(|(_, option)| *option).collect()
}

/// What one can tell of a ring's geometry from outside.
fn geometry(ring: &Ring) -> (usize, usize, Clock, usize, usize) {
    let slot = ring.slot(0).unwrap();
    let lanes = ring.reader().info(slot.slot).unwrap().lanes;
    let own = lanes.iter().filter(|lane| lane.is_own).count();
    (ring.slots(), ring.max_record(), ring.reader().clock(), own, lanes.len() - own)
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_ring_is_as_it_was_asked_for(options in options()) {
        let impossible = impossible(&options);
        let ring = match Ring::create_memfd(&options) {
            Ok(ring) => ring,
            Err(error) => {
                let Error::Option { option, .. } = error else { panic!("{error}") };
                prop_assert!(impossible.contains(&option), "{}: {:?}", error, impossible);
                prop_assert!(error.to_string().starts_with(option));
                let in_memory = Ring::in_memory(&options).map(drop).unwrap_err();
                prop_assert_eq!(in_memory.to_string(), error.to_string());
                return Ok(());
            }
        };
        prop_assert!(impossible.is_empty(), "{impossible:?}");
        let slot = ring.take_slot("name").unwrap();
        let (own, common) = (options.own_lanes, options.common_lanes);
        let ring_bytes = 1_usize << (options.bytes / (own + common)).ilog2();
        let most = (ring_bytes / 4).min(usize::from(u16::MAX));
        prop_assert_eq!(geometry(&ring), (options.slots, most, options.clock, own, common));

        let again = Ring::from_fd(ring.file().unwrap().try_clone().unwrap().into()).unwrap();
        prop_assert_eq!(geometry(&again), geometry(&ring));
        if options.owners > 1 {
            again.writer(slot).unwrap();
        }

        // Memory of the caller's own has to be as long as the file is, and not a word shorter.
        let bytes = ring.file().unwrap().metadata().unwrap().len() as usize;
        let memory: Vec<AtomicU64> = (0..bytes / 8).map(|_| AtomicU64::new(u64::MAX)).collect();
        let given = |bytes| {
            // SAFETY: atomics that outlive the rings in them.
            unsafe { GivenMemory::new(memory.as_ptr().cast::<u8>().cast_mut(), bytes) }.unwrap()
        };
        let short = Ring::create_in(&given(bytes - 8), &options, None);
        assert!(matches!(short, Err(Error::Option { option: "bytes", .. })));
        let created = Ring::create_in(&given(bytes), &options, None).unwrap();
        created.take_slot("name").unwrap();
        prop_assert_eq!(geometry(&created), geometry(&ring));
        let opened = Ring::open_in(&given(bytes), None).unwrap();
        prop_assert_eq!(geometry(&opened), geometry(&ring));
        assert!(matches!(Ring::open_in(&given(bytes - 8), None), Err(Error::NotARing { .. })));
    }
}
