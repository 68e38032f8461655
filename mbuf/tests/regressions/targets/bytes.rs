//! Any bytes as a copy of a ring.

use super::input::Input;
use super::reading::read_everything;
use super::shape::{Shape, repair_bytes};
use mbuf::{Clock, Level, Options, Reader, Ring};
use std::sync::OnceLock;

/// The first byte says how much of the region is right before the rest of the input has a say.
pub(crate) fn bytes(data: &[u8]) {
    let mut input = Input(data);
    let region = match input.byte() % 4 {
        0 => input.0.to_vec(),
        1 => {
            let mut region = input.0.to_vec();
            repair_bytes(&mut region);
            region
        }
        2 => Shape::of(&mut input).region(input.0),
        _ => patched(&mut input),
    };
    let length = region.len();
    if let Ok(reader) = Reader::of_bytes(region) {
        read_everything(&reader, length);
    }
}

/// A ring that was in use, in which some words are different: each patch is the number of a word, what to do with it,
/// and a number.
fn patched(input: &mut Input<'_>) -> Vec<u8> {
    let used = used_rings();
    let mut bytes = used[usize::from(input.byte()) % used.len()].clone();
    while !input.is_empty() {
        let (at, how, value) = (input.index() % (bytes.len() / 8) * 8, input.byte(), input.number());
        let Some(word) = bytes[at..].first_chunk_mut::<8>() else { break };
        let now = u64::from_le_bytes(*word);
        let shift = u32::from(how / 4 % 64);
        let new = match how % 4 {
            0 => value,
            1 => now.wrapping_add(value << shift),
            2 => now.wrapping_sub(value << shift),
            _ => now ^ value << shift,
        };
        *word = new.to_le_bytes();
    }
    repair_bytes(&mut bytes);
    bytes
}

/// Copies of rings with an own and a common lane, a slot that was given up and one that is in use.
fn used_rings() -> &'static [Vec<u8>] {
    static RINGS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    RINGS.get_or_init(|| vec![used_ring(3), used_ring(100)])
}

fn used_ring(records: usize) -> Vec<u8> {
    let options = Options {
        slots: 2,
        bytes: 1024,
        own_lanes: 1,
        common_lanes: 1,
        owners: 2,
        clock: Clock::Caller,
        ..Options::default()
    };
    let ring = Ring::create_memfd(&options).unwrap();
    let given_up = ring.take_slot("given up").unwrap();
    ring.writer(given_up).unwrap().write_at(1, Level::Info, b"nobody sees it").unwrap();
    ring.give_up_slot(given_up).unwrap();
    let slot = ring.take_slot("used").unwrap();
    let mut writers = [ring.writer(slot).unwrap(), ring.writer(slot).unwrap()];
    for n in 0..records {
        let writer = &mut writers[n % 2];
        writer.write_at(n as u64, Level::Info, format!("record {n}").as_bytes()).unwrap();
        let mut entry = writer.entry(Level::Warning).unwrap();
        entry.push(b"text").field("n", n as u64).field("comm", "a b").field("load", 0.5);
        entry.commit().unwrap();
    }
    let copy = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(ring.file().unwrap()));
    std::fs::read(copy).unwrap()
}
