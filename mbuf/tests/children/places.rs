//! Every place inside a write at which a writer can stop, and what there is to see of its record then.

use super::board::Board;
use super::content::text_of;
use super::points::stop_at;
use mbuf::{Entry, Level, Options, Refused, Ring, SlotId, Snapshot, Writer};

/// How the record is written at which the writer stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In one piece.
    Write,
    /// In one call, but around the end of the lane's ring.
    Around,
    /// Bit by bit.
    Bits,
}

pub(crate) const ALL: [How; 3] = [How::Write, How::Around, How::Bits];

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Write => "write",
            Self::Around => "around",
            Self::Bits => "bits",
        }
    }

    /// The points that such a write passes, in an own lane or a common one.
    pub(crate) fn points(self, is_own: bool) -> impl Iterator<Item = &'static str> {
        let middle = if self == Self::Write { "filled" } else { "mid_fill" };
        let points = ["claimed", "reserved", middle, "uncommitted", "committed"];
        points.into_iter().skip(usize::from(is_own))
    }

    /// Records that the writer has written before: more than the ring holds, of 12 words each. After 42 of them 8
    /// words are left to the end of the ring.
    pub(crate) fn before(self) -> u64 {
        if self == Self::Around { 42 } else { 16 }
    }

    /// The oldest record that can be read when this writer has stopped at a point of the next one.
    pub(crate) fn oldest(self, point: &str) -> u64 {
        let words = match (self, point) {
            (_, "claimed") => 0,
            // No more than what was pushed so far.
            (Self::Bits, "reserved" | "mid_fill") => 8,
            _ => 12,
        };
        (self.before() * 12 + words - 128).div_ceil(12)
    }
}

/// Whether a reader sees the record of a writer that stopped here.
pub(crate) fn is_visible(point: &str) -> bool {
    point == "committed"
}

/// Whether the record has been begun and is not finished.
pub(crate) fn is_unfinished(point: &str) -> bool {
    !["claimed", "committed"].contains(&point)
}

/// One own lane and so many common ones, of 128 words each.
pub(crate) fn options(common_lanes: usize) -> Options {
    Options { bytes: (1 + common_lanes) << 10, own_lanes: 1, common_lanes, owners: 8, ..Options::default() }
}

/// The `n`th record of a writer here: one of 80 bytes.
pub(crate) fn text(writer: u32, n: u64) -> Vec<u8> {
    let mut text = text_of(writer, n);
    text.resize(80, b'.');
    text
}

fn write(writer: &mut Writer, how: How, n: u64) -> Result<(), Refused> {
    let text = text(STOPPER, n);
    if how != How::Bits {
        return writer.write(Level::Info, &text);
    }
    let (head, rest) = text.split_at(33);
    let mut entry: Entry<'_> = writer.entry(Level::Info)?;
    entry.push(head).push(rest);
    entry.commit()
}

/// The number of the writer that stops.
pub(crate) const STOPPER: u32 = 7;
/// Words of the board: whether it was refused in the end, and how many it has written.
pub(crate) const WAS_REFUSED: usize = 0;
pub(crate) const WRITTEN: usize = 1;
/// Records that it goes on with, should it ever go on.
pub(crate) const AFTER: u64 = 20;

/// Which records are there of the one that stopped: all of them whole, and one after the other.
pub(crate) fn records_of_stopper(ring: &Ring, slot: SlotId) -> Vec<u64> {
    let mut snapshot = Snapshot::new();
    ring.reader().snapshot(slot, &mut snapshot).unwrap();
    let number = |text: &[u8]| {
        let n = u64::from_le_bytes(*text.get(4..).unwrap().first_chunk().unwrap());
        assert!(text == self::text(STOPPER, n), "a torn record: {}", text.escape_ascii());
        n
    };
    let texts = snapshot.records().map(|record| record.text);
    let numbers: Vec<u64> =
        texts.filter(|text| text.starts_with(&STOPPER.to_le_bytes())).map(number).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{numbers:?}");
    numbers
}

/// What the child is to be told for this.
pub(crate) fn arguments(how: How, point: &'static str) -> [&'static str; 2] {
    [how.name(), point]
}

/// The child: writes some records, stops at a point of the next one, and if it is let go on, does so.
pub(crate) fn stops(arguments: &[&str]) {
    let [path, how, point] = arguments else { panic!("{arguments:?}") };
    let how = ALL.into_iter().find(|one| one.name() == *how).unwrap();
    let board = Board::open(path.as_ref());
    let ring = Ring::open(path).unwrap();
    let mut writer = ring.writer(ring.slot(0).unwrap()).unwrap();
    for n in 0..how.before() {
        write(&mut writer, How::Write, n).unwrap();
    }
    stop_at(point, 1);
    for n in how.before()..how.before() + AFTER {
        match write(&mut writer, how, n) {
            Ok(()) => board.set(WRITTEN, n + 1),
            Err(Refused::Retired) => board.set(WAS_REFUSED, 1),
            Err(refused) => panic!("{refused}"),
        }
    }
}
