//! Valid headers, put together as the layout says it: whatever numbers are in them, the sum is right.

use super::input::Input;

const HEADER_WORDS: usize = 64;
const SLOT_WORDS: usize = 32;
const LANE_HEAD_WORDS: usize = 16;

const MAGIC: u64 = u64::from_le_bytes(*b"cgv mbuf");
const VERSION: u64 = 1;
/// Words of the header that the sum is of, and the word that it is in.
const SUMMED: std::ops::Range<usize> = 3..16;
const SUM: usize = 2;

/// A region's geometry, and whatever else its header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) own_lanes: u64,
    pub(super) common_lanes: u64,
    pub(super) ring_words: u64,
    pub(super) max_payload: u64,
    pub(super) owners: u64,
    pub(super) clock: u64,
    pub(super) tsc: [u64; 3],
    pub(super) real_time: u64,
    pub(super) limit: [u64; 2],
    pub(super) slots: u64,
}

impl Shape {
    /// A small one: the caller's clock, one common lane.
    pub(super) fn of_ring(ring_words: u64) -> Self {
        Self {
            own_lanes: 0,
            common_lanes: 1,
            ring_words,
            max_payload: (ring_words * 2).min(u64::from(u16::MAX)),
            owners: 8,
            clock: 4,
            tsc: [0; 3],
            real_time: 0,
            limit: [0; 2],
            slots: 1,
        }
    }

    /// A byte for the lanes, one for the size of a ring, one for clock and slots; then, if the clock's says so, numbers.
    pub(super) fn of(input: &mut Input<'_>) -> Self {
        let (lanes, size, clock) = (input.byte(), input.byte(), input.byte());
        let ring_words = 16 << (size % 5);
        let mut shape = Self {
            own_lanes: u64::from(lanes % 4),
            common_lanes: u64::from(lanes / 4 % 3) + 1,
            clock: u64::from(clock % 4) + 1,
            slots: u64::from(clock / 4 % 2) + 1,
            ..Self::of_ring(ring_words)
        };
        if size >= 128 {
            shape.max_payload = input.number().clamp(1, shape.max_payload);
        }
        if clock >= 128 {
            shape.tsc = [(); 3].map(|()| input.number());
            shape.real_time = input.number();
            shape.limit = [(); 2].map(|()| input.number());
        }
        shape
    }

    pub(super) fn header(&self) -> Vec<u64> {
        let [ticks, ns, rate] = self.tsc;
        let [burst, interval] = self.limit;
        let Self {
            own_lanes, common_lanes, ring_words, max_payload, owners, clock, real_time, slots, ..
        } = *self;
        let mut header = vec![0, 0, 0, own_lanes, common_lanes, ring_words, max_payload, owners, clock];
        header.extend([ticks, ns, rate, real_time, burst, interval, 0, slots]);
        header.resize(HEADER_WORDS, 0);
        repair(&mut header);
        header
    }

    /// Where the first slot begins.
    pub(super) fn first_slot(&self) -> usize {
        HEADER_WORDS + (self.owners as usize).next_multiple_of(16)
    }

    /// Where the first lane of the first slot begins, and where its ring does.
    pub(super) fn first_lane(&self) -> (usize, usize) {
        let lane = self.first_slot() + SLOT_WORDS;
        (lane, lane + LANE_HEAD_WORDS)
    }

    /// Words of the whole region.
    pub(super) fn words(&self) -> usize {
        let lanes = (self.own_lanes + self.common_lanes) as usize;
        let slot = SLOT_WORDS + lanes * (LANE_HEAD_WORDS + self.ring_words as usize);
        self.first_slot() + slot * self.slots as usize
    }

    /// The region with this behind its header, cut or filled up with zeros.
    pub(super) fn region(&self, rest: &[u8]) -> Vec<u8> {
        let mut bytes = to_bytes(&self.header());
        bytes.extend_from_slice(rest);
        bytes.resize(self.words() * 8, 0);
        bytes
    }
}

pub(super) fn to_bytes(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Makes words a header as far as magic, version and sum go.
pub(super) fn repair(words: &mut [u64]) {
    if let Some(summed) = words.get(SUMMED) {
        let sum = to_bytes(summed).iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        words[..SUMMED.start].copy_from_slice(&[MAGIC, VERSION, 0]);
        words[SUM] = sum;
    }
}

/// The same for bytes.
pub(super) fn repair_bytes(bytes: &mut [u8]) {
    let mut words: Vec<u64> =
        bytes.as_chunks::<8>().0.iter().take(HEADER_WORDS).map(|word| u64::from_le_bytes(*word)).collect();
    repair(&mut words);
    for (to, from) in bytes.iter_mut().zip(to_bytes(&words)) {
        *to = from;
    }
}
