//! Any operations on a ring, beside a model of it.

use super::input::Input;
use super::world::World;
use super::world::model::Field;
use super::world::op::{Draft, Geometry, Op};

/// Records within records.
const DEEPEST: usize = 3;
const MOST_OPS: usize = 300;

/// A byte for the lanes, one for the size of a ring, then operations.
pub(crate) fn ops(data: &[u8]) {
    let mut input = Input(data);
    let (lanes, size) = (usize::from(input.byte()), input.byte());
    let (own_lanes, common_lanes) = (lanes % 4, lanes / 4 % 3 + 1);
    let ring = if size == 255 { 32 << 10 } else { 128 + usize::from(size) * 8 };
    let bytes = ring * (own_lanes + common_lanes);
    let mut world = World::new(&Geometry { bytes, own_lanes, common_lanes, is_file: lanes >= 128 });
    let mut left = MOST_OPS;
    let mut ops = Vec::new();
    while let Some(op) = op(&mut input, 0, &mut left) {
        ops.push(op);
    }
    world.run(&ops);
}

fn op(input: &mut Input<'_>, depth: usize, left: &mut usize) -> Option<Op> {
    if input.is_empty() || *left == 0 {
        return None;
    }
    *left -= 1;
    let kind = input.byte();
    // The upper half says which writer, slot or cursor.
    let which = usize::from(kind >> 4);
    Some(match kind % 16 {
        0 => Op::TakeSlot { slot: which },
        1 => Op::OpenWriter { slot: which },
        2 => Op::CloseWriter { writer: which },
        3..6 => {
            let time = (kind % 16 > 3).then(|| input.number());
            let again = if kind % 16 == 5 { input.byte() % 64 } else { 0 };
            Op::Write { writer: which, time, level: input.level(), text: input.text(), again }
        }
        6 => Op::Print { writer: which, level: input.level(), text: input.string() },
        7..10 => Op::Entry {
            writer: which,
            draft: draft(input, kind % 16 == 9),
            meanwhile: if depth < DEEPEST { meanwhile(input, depth, left) } else { Vec::new() },
        },
        10 => Op::GiveUpSlot { slot: which },
        11 => Op::OpenCursor { slot: which },
        12 | 13 => Op::ReadCursor { cursor: which },
        _ => Op::Look,
    })
}

fn meanwhile(input: &mut Input<'_>, depth: usize, left: &mut usize) -> Vec<Op> {
    let number = input.byte() % 4;
    (0..number).map_while(|_| op(input, depth + 1, left)).collect()
}

/// A byte for the number of pieces and of fields, then the level, then both.
fn draft(input: &mut Input<'_>, is_given_up: bool) -> Draft {
    let parts = input.byte();
    let level = input.level();
    let pieces = (0..parts % 4).map(|_| input.text()).collect();
    let fields = (0..parts / 4 % 4).map(|_| (input.string(), field(input))).collect();
    Draft { level, pieces, fields, is_given_up }
}

fn field(input: &mut Input<'_>) -> Field {
    match input.byte() % 5 {
        0 => Field::U64(input.number()),
        1 => Field::I64(input.number().cast_signed()),
        2 => Field::F64(input.number()),
        3 => Field::Bool(input.byte() % 2 == 1),
        _ => Field::Bytes(input.text()),
    }
}
