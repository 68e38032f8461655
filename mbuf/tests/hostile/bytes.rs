//! A ring's bytes, to be broken on purpose: where what is in them, said once more and independently of the crate.

use mbuf::{Level, Options, Reader, Ring};
use std::fs;

pub(crate) const HEADER_WORDS: usize = 64;
const SLOT_WORDS: usize = 32;
const HEAD_WORDS: usize = 16;
/// An own one and two common ones.
pub(crate) const LANES: usize = 3;

pub(crate) mod word {
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 1;
    pub(crate) const SUM: usize = 2;
    pub(crate) const OWN_LANES: usize = 3;
    pub(crate) const COMMON_LANES: usize = 4;
    pub(crate) const RING_WORDS: usize = 5;
    pub(crate) const MAX_PAYLOAD: usize = 6;
    pub(crate) const OWNERS: usize = 7;
    pub(crate) const CLOCK: usize = 8;
    pub(crate) const SLOTS: usize = 16;
    pub(crate) const WOKEN: usize = 32;
}

/// Values at which things go wrong, if they do.
pub(crate) const EXTREMES: [u64; 20] = [
    0,
    1,
    2,
    3,
    15,
    16,
    127,
    128,
    129,
    1024,
    1025,
    65535,
    65536,
    1 << 27,
    1 << 28,
    1 << 32,
    1 << 63,
    (1 << 63) - 1,
    u64::MAX - 1,
    u64::MAX,
];

pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Bytes {
    /// Two slots, both taken, with records in all lanes; lanes of 128 words.
    pub(crate) fn of_ring() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        let options = Options {
            slots: 2,
            bytes: LANES << 10,
            own_lanes: 1,
            common_lanes: 2,
            owners: 20,
            ..Options::default()
        };
        let ring = Ring::create(&path, &options).unwrap();
        for name in ["one", "two"] {
            let slot = ring.take_slot(name).unwrap();
            let mut writers: Vec<_> = (0..LANES).map(|_| ring.writer(slot).unwrap()).collect();
            for n in 0..20_u32 {
                for writer in &mut writers {
                    writer.print(Level::Info, format_args!("record {n}")).unwrap();
                    let mut entry = writer.entry(Level::Error).unwrap();
                    entry.push(b"and fields").field("n", n).field("b", true);
                    entry.commit().unwrap();
                }
            }
        }
        let bytes = Self(fs::read(&path).unwrap());
        assert!(Reader::of_bytes(bytes.0.clone()).is_ok());
        bytes
    }

    pub(crate) fn words(&self) -> usize {
        self.0.len() / 8
    }

    pub(crate) fn get(&self, word: usize) -> u64 {
        u64::from_le_bytes(*self.0[word * 8..].first_chunk().unwrap())
    }

    pub(crate) fn set(&mut self, word: usize, value: u64) {
        self.0[word * 8..word * 8 + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// Makes the header's sum right again.
    pub(crate) fn sum_up(&mut self) {
        let summed = &self.0[word::OWN_LANES * 8..word::SLOTS * 8];
        let sum = summed.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        self.set(word::SUM, sum);
    }

    fn slot(&self, slot: usize) -> usize {
        HEADER_WORDS + 32 + slot * (SLOT_WORDS + LANES * (HEAD_WORDS + 128))
    }

    /// The byte at which a slot ends.
    pub(crate) fn slot_end(&self, slot: usize) -> usize {
        self.slot(slot + 1) * 8
    }

    /// The first word of a lane.
    pub(crate) fn lane(&self, slot: usize, lane: usize) -> usize {
        self.slot(slot) + SLOT_WORDS + lane * (HEAD_WORDS + 128)
    }

    /// Says that a slot is taken.
    pub(crate) fn take(&mut self, slot: usize, generation: u32) {
        self.set(self.slot(slot), u64::from(generation) << 32 | 1);
    }

    /// Says whose a lane is; its owner and state are these bits.
    pub(crate) fn own(&mut self, slot: usize, lane: usize, generation: u32, owner: u32) {
        self.set(self.lane(slot, lane), u64::from(generation) << 32 | u64::from(owner));
    }
}
