//! What a lane has to do, said as simply as it can be: no atomics, no bytes, every record kept.

use mbuf::{Level, Record, Value};

/// A record as it went in and has to come out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) time: u64,
    pub(crate) level: Level,
    pub(crate) text: Vec<u8>,
    pub(crate) fields: Vec<(Vec<u8>, Field)>,
    pub(crate) lane: usize,
    pub(crate) sequence: u64,
}

impl Kept {
    pub(crate) fn of(record: Record<'_>) -> Self {
        Self {
            time: record.time_ns,
            level: record.level,
            text: record.text.to_vec(),
            fields: record.fields.map(|(key, value)| (key.to_vec(), Field::of(value))).collect(),
            lane: usize::from(record.lane),
            sequence: record.sequence,
        }
    }
}

/// The value of a field, floating point numbers as their bits: one that is not a number has to come back as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    U64(u64),
    I64(i64),
    F64(u64),
    Bool(bool),
    Bytes(Vec<u8>),
}

impl Field {
    pub(crate) fn of(value: Value<'_>) -> Self {
        match value {
            Value::U64(value) => Self::U64(value),
            Value::I64(value) => Self::I64(value),
            Value::F64(value) => Self::F64(value.to_bits()),
            Value::Bool(value) => Self::Bool(value),
            Value::Bytes(value) => Self::Bytes(value.to_vec()),
            _ => panic!("a value of no known type"),
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::U64(value) => Value::U64(*value),
            Self::I64(value) => Value::I64(*value),
            Self::F64(bits) => Value::F64(f64::from_bits(*bits)),
            Self::Bool(value) => Value::Bool(*value),
            Self::Bytes(value) => Value::Bytes(value),
        }
    }

    /// The bytes that it takes one after the other: a type and a number, or a type, a length and bytes.
    pub(crate) fn parts(&self) -> Vec<usize> {
        match self {
            Self::U64(_) | Self::I64(_) | Self::F64(_) => vec![9],
            Self::Bool(_) => vec![1],
            Self::Bytes(bytes) => vec![3, bytes.len()],
        }
    }
}

/// Words of a record: its payload, rounded up to sixteen bytes, then time and tail.
pub(crate) fn words(payload: usize) -> u64 {
    payload.div_ceil(16) as u64 * 2 + 2
}

/// One lane. Positions count words since the lane was emptied for its generation.
#[derive(Debug)]
pub(crate) struct Lane {
    ring: u64,
    /// Whose records it holds.
    pub(crate) generation: u32,
    /// The writer that has it, for good or for one record.
    pub(crate) holder: Option<usize>,
    position: u64,
    /// As far as it was ever stored to.
    reserved: u64,
    /// All records of the generation, and where each begins.
    records: Vec<(u64, Kept)>,
}

impl Lane {
    pub(crate) fn new(ring_words: u64) -> Self {
        Self { ring: ring_words, generation: 0, holder: None, position: 0, reserved: 0, records: Vec::new() }
    }

    pub(crate) fn empty_for(&mut self, generation: u32) {
        self.generation = generation;
        (self.position, self.reserved) = (0, 0);
        self.records.clear();
    }

    /// Somebody stores a payload of so many bytes behind the last record; what was there before is gone.
    pub(crate) fn reserve(&mut self, payload: usize) {
        self.reserved = self.reserved.max(self.position + words(payload));
    }

    pub(crate) fn append(&mut self, payload: usize, mut record: Kept) {
        record.sequence = self.records.len() as u64;
        self.records.push((self.position, record));
        self.reserve(payload);
        self.position += words(payload);
    }

    /// Everything before this position is overwritten.
    fn gone(&self) -> u64 {
        self.reserved.saturating_sub(self.ring)
    }

    /// All records that were ever written.
    pub(crate) fn written(&self) -> usize {
        self.records.len()
    }

    /// Bytes of the ring that hold records which can be read.
    pub(crate) fn used(&self) -> u64 {
        (self.position - self.gone()) * 8
    }

    /// The records that are left, from this one on.
    pub(crate) fn left_from(&self, first: usize) -> impl Iterator<Item = Kept> + '_ {
        let gone = self.gone();
        let later = self.records.get(first..).unwrap_or_default();
        later.iter().filter(move |(start, _)| *start >= gone).map(|(_, record)| record.clone())
    }
}

/// Records of several lanes in one order: by time, where what is later in a lane is later; then by lane.
pub(crate) fn merged(lanes: impl IntoIterator<Item = Vec<Kept>>) -> Vec<Kept> {
    let mut all = Vec::new();
    for lane in lanes {
        let mut latest = 0;
        for record in lane {
            latest = record.time.max(latest);
            all.push((latest, record));
        }
    }
    // The lanes came in order, and the sort keeps it.
    all.sort_by_key(|(time, _)| *time);
    all.into_iter().map(|(_, record)| record).collect()
}
