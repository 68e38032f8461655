#![no_main]

#[path = "../../cgview/tests/support/mod.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| support::targets::stats(data));
