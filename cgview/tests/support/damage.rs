//! Texts that were damaged on their way, for the property tests.

#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::sample::Index;

/// What can happen to a text between the kernel and its reader.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    CutOff(Index),
    DropLine(Index),
    RepeatLine(Index),
    SwapLines(Index, Index),
    Number(Index, String),
    Byte(Index, u8),
}

pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let numbers = ["", "-1", "0", "18446744073709551615", "99999999999999999999999", "max", "0x10", "1.5"];
    let number = prop_oneof![
        proptest::sample::select(numbers.map(str::to_owned).to_vec()),
        any::<u64>().prop_map(|number| number.to_string()),
    ];
    let place = any::<Index>;
    prop_oneof![
        place().prop_map(Damage::CutOff),
        place().prop_map(Damage::DropLine),
        place().prop_map(Damage::RepeatLine),
        (place(), place()).prop_map(|(one, other)| Damage::SwapLines(one, other)),
        (place(), number).prop_map(|(at, number)| Damage::Number(at, number)),
        (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
    ]
}

pub(crate) fn damaged(text: &str, damage: &Damage) -> Vec<u8> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    let count = lines.len();
    if lines.is_empty() {
        return Vec::new();
    }
    match damage {
        Damage::CutOff(at) => return text.as_bytes()[..at.index(text.len())].to_vec(),
        Damage::DropLine(at) => _ = lines.remove(at.index(count)),
        Damage::RepeatLine(at) => {
            let at = at.index(count);
            lines.insert(at, lines[at]);
        }
        Damage::SwapLines(one, other) => lines.swap(one.index(count), other.index(count)),
        Damage::Number(at, number) => {
            let mut words: Vec<&str> = text.split_inclusive([' ', '\n', '\t', ':', '=']).collect();
            let at = at.index(words.len());
            let replaced = number.clone() + words[at].trim_start_matches(|c: char| c.is_ascii_digit());
            words[at] = &replaced;
            return words.concat().into_bytes();
        }
        Damage::Byte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at.index(text.len())] = *byte;
            return bytes;
        }
    }
    lines.concat().into_bytes()
}
