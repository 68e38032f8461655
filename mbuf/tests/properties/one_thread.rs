//! Whatever one thread does with a ring, its slots, writers and cursors: snapshots and cursors see what the model does.

use crate::cases;
use crate::world::World;
use crate::world::model::Field;
use crate::world::op::{Draft, Geometry, Op};
use mbuf::{Clock, Level, Options, Ring, Snapshot};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::os::fd::AsRawFd as _;

fn level() -> impl Strategy<Value = Level> {
    (0..8_u8).prop_map(Level::of)
}

/// Small rings, where everything is overwritten soon, and some that are copied in several pieces.
fn geometry() -> impl Strategy<Value = Geometry> {
    let ring = prop_oneof![8 => 128..2048_usize, 1 => Just(32 << 10)];
    (ring, 0..=3_usize, 1..=3_usize, any::<bool>()).prop_map(|(ring, own_lanes, common_lanes, is_file)| {
        Geometry { bytes: ring * (own_lanes + common_lanes), own_lanes, common_lanes, is_file }
    })
}

/// Mostly short; sometimes about as long as the longest record of one of the rings.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => vec(any::<u8>(), 0..40),
        2 => vec(any::<u8>(), 0..300),
        1 => (prop::sample::select(vec![32_usize, 64, 128, 256, 512, 8192]), 0..3_usize, any::<u8>())
            .prop_map(|(most, less, byte)| vec![byte; most + 1 - less]),
    ]
}

fn time() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![Just(None), (0..100_u64).prop_map(Some), any::<u64>().prop_map(Some), Just(Some(u64::MAX))]
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        any::<u64>().prop_map(Field::U64),
        any::<i64>().prop_map(Field::I64),
        any::<u64>().prop_map(Field::F64),
        any::<bool>().prop_map(Field::Bool),
        vec(any::<u8>(), 0..20).prop_map(Field::Bytes),
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    let key = prop_oneof![20 => "[a-zé]{0,6}", 1 => "é{120,140}"];
    (level(), vec(text(), 0..4), vec((key, field()), 0..3), prop::bool::weighted(0.3))
        .prop_map(|(level, pieces, fields, is_given_up)| Draft { level, pieces, fields, is_given_up })
}

fn op() -> impl Strategy<Value = Op> {
    let slot = || prop_oneof![3 => Just(0_usize), 1 => Just(1)];
    let simple = prop_oneof![
        3 => slot().prop_map(|slot| Op::OpenWriter { slot }),
        1 => any::<usize>().prop_map(|writer| Op::CloseWriter { writer }),
        8 => (any::<usize>(), time(), level(), text(), prop_oneof![3 => Just(0), 1 => 0..30_u8])
            .prop_map(|(writer, time, level, text, again)| Op::Write { writer, time, level, text, again }),
        2 => (any::<usize>(), level(), ".{0,60}")
            .prop_map(|(writer, level, text)| Op::Print { writer, level, text }),
        1 => slot().prop_map(|slot| Op::TakeSlot { slot }),
        1 => slot().prop_map(|slot| Op::GiveUpSlot { slot }),
        1 => slot().prop_map(|slot| Op::OpenCursor { slot }),
        3 => any::<usize>().prop_map(|cursor| Op::ReadCursor { cursor }),
        1 => Just(Op::Look),
    ];
    simple.prop_recursive(3, 24, 6, |inner| {
        (any::<usize>(), draft(), vec(inner, 0..6)).prop_map(|(writer, draft, meanwhile)| Op::Entry {
            writer,
            draft,
            meanwhile,
        })
    })
}

/// A ring with a slot that two writers and a cursor have, so that what follows is seldom without effect.
const BEGINNING: [Op; 4] = [
    Op::TakeSlot { slot: 0 },
    Op::OpenWriter { slot: 0 },
    Op::OpenWriter { slot: 0 },
    Op::OpenCursor { slot: 0 },
];

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_ring_is_what_its_model_is(geometry in geometry(), ops in vec(op(), 0..60)) {
        let mut world = World::new(&geometry);
        world.run(&BEGINNING);
        world.run(&ops);
    }

    /// Not even who has the file's bytes finds anything of it.
    #[test]
    fn what_was_given_up_is_erased(geometry in geometry(), length in 8..32_usize, again in 1..100_usize) {
        let Geometry { bytes, own_lanes, common_lanes, .. } = geometry;
        let options = Options { bytes, own_lanes, common_lanes, ..Options::default() };
        let ring = Ring::create_memfd(&options).unwrap();
        let slot = ring.take_slot("name").unwrap();
        let mut writers: Vec<_> = (0..4).map(|_| ring.writer(slot).unwrap()).collect();
        let secret = vec![b'S'; length];
        for n in 0..again {
            let writer = &mut writers[n % 4];
            writer.write(Level::Info, &secret).unwrap();
            writer.entry(Level::Info).unwrap().push(&secret);
        }
        let is_there = || {
            let path = format!("/proc/self/fd/{}", ring.file().unwrap().as_raw_fd());
            std::fs::read(path).unwrap().windows(8).any(|bytes| bytes == b"SSSSSSSS")
        };
        prop_assert!(is_there());
        drop(writers);
        ring.give_up_slot(slot).unwrap();
        prop_assert!(!is_there());
    }

    /// With a clock that hardly moves, only what the lanes tell each other keeps a writer's records in their order.
    #[test]
    fn writers_that_chase_each_other_stay_in_order(turns in vec((0..3_usize, 1..3_usize, any::<bool>()), 1..60)) {
        let clock = Clock::Coarse;
        let ring = Ring::in_memory(&Options { own_lanes: 0, common_lanes: 2, clock, ..Options::default() }).unwrap();
        let slot = ring.take_slot("name").unwrap();
        // One more than there are lanes: who finds its lane held takes the other one.
        let mut writers: Vec<_> = (0..3).map(|_| ring.writer(slot).unwrap()).collect();
        for (n, (holds, further, is_kept)) in turns.into_iter().enumerate() {
            let moves = (holds + further) % 3;
            let [holder, mover] = writers.get_disjoint_mut([holds, moves]).unwrap();
            let mut entry = holder.entry(Level::Info).unwrap();
            mover.print(Level::Info, format_args!("{moves} {n}")).unwrap();
            if is_kept {
                write!(entry, "{holds} {n}").unwrap();
                entry.commit().unwrap();
            }
        }
        let mut snapshot = Snapshot::new();
        ring.reader().snapshot(slot, &mut snapshot).unwrap();
        let mut last = [None; 3];
        for record in snapshot.records() {
            let (writer, n) = std::str::from_utf8(record.text).unwrap().split_once(' ').unwrap();
            let last = &mut last[writer.parse::<usize>().unwrap()];
            let n = Some(n.parse::<usize>().unwrap());
            prop_assert!(*last < n, "{:?} after {:?}", n, last);
            *last = n;
        }
    }
}
