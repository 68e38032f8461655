//! What can be done to a ring.

use super::model::Field;
use mbuf::Level;

/// How the ring is made.
#[derive(Clone, Debug)]
pub(crate) struct Geometry {
    pub(crate) bytes: usize,
    pub(crate) own_lanes: usize,
    pub(crate) common_lanes: usize,
    /// A memfd, whose copies are read too; else memory of the process alone.
    pub(crate) is_file: bool,
}

/// Writers, cursors and slots are numbers: any number is one of those that there are.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    OpenWriter { slot: usize },
    CloseWriter { writer: usize },
    Write { writer: usize, time: Option<u64>, level: Level, text: Vec<u8>, again: u8 },
    Print { writer: usize, level: Level, text: String },
    Entry { writer: usize, draft: Draft, meanwhile: Vec<Op> },
    TakeSlot { slot: usize },
    GiveUpSlot { slot: usize },
    OpenCursor { slot: usize },
    ReadCursor { cursor: usize },
    Look,
}

/// A record that is written bit by bit, and what becomes of it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) level: Level,
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) fields: Vec<(String, Field)>,
    pub(crate) is_given_up: bool,
}

impl Draft {
    pub(crate) fn text(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    /// The lengths of what is stored piece by piece, up to where the record is committed.
    pub(crate) fn stores(&self) -> Vec<usize> {
        let text = self.pieces.iter().map(Vec::len);
        let field = |(key, value): &(String, Field)| [vec![1, key_of(key).len()], value.parts()].concat();
        text.chain(self.fields.iter().flat_map(field)).collect()
    }

    /// The length of the whole record: text, fields, and the length of the text if there are fields.
    pub(crate) fn payload(&self) -> usize {
        self.stores().iter().sum::<usize>() + if self.fields.is_empty() { 0 } else { 2 }
    }

    pub(crate) fn fields_as_read(&self) -> Vec<(Vec<u8>, Field)> {
        self.fields.iter().map(|(key, value)| (key_of(key).to_vec(), value.clone())).collect()
    }
}

/// The part of a key that is taken.
fn key_of(key: &str) -> &[u8] {
    key.as_bytes().get(..255).unwrap_or(key.as_bytes())
}
