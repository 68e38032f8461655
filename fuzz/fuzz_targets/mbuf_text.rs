#![no_main]

#[path = "../../mbuf/tests/regressions/targets/mod.rs"]
mod targets;

use serde_json::Value;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let json = targets::text(data);
    let value: Value = serde_json::from_str(&json.line).expect("it is JSON");
    assert_eq!(value["time_ns"], json.time_ns, "{}", json.line);
    assert_eq!(value["text"], json.text, "{}", json.line);
    assert_eq!(value["name"], json.name, "{}", json.line);
    assert_eq!(values(&value), json.fields, "{}", json.line);
});

/// The values of all fields: those of a key that came again are in an array.
fn values(record: &Value) -> usize {
    let fields = record["fields"]
        .as_object()
        .map_or(0, |fields| fields.values().map(|value| value.as_array().map_or(1, Vec::len)).sum());
    fields + record["more_fields"].as_array().map_or(0, Vec::len)
}
