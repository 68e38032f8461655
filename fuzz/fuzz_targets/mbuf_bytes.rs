#![no_main]

#[path = "../../mbuf/tests/regressions/targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::bytes(data));
