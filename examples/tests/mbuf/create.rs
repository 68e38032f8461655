//! `cgview mbuf create`

use crate::{Ring, complained, printed, text_of};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_ring_is_as_it_was_asked_for() {
    let options = ["--slots", "3", "--bytes", "80k", "--lanes", "3", "--common", "1", "--limit", "50/5"];
    let ring = Ring::new(&[&options[..], &["--mode", "0640", "--clock", "coarse"]].concat());
    let stat = ring.stat();
    for (key, value) in [
        ("slots", 3),
        ("own_lanes", 3),
        ("common_lanes", 1),
        // The greatest power of two that fits a fourth of 80 KiB.
        ("lane_bytes", 16 << 10),
        ("max_record_bytes", 4 << 10),
    ] {
        assert_eq!(stat[key], value, "{key}");
    }
    assert_eq!(stat["clock"], "coarse");
    assert_eq!(stat["limit"]["burst"], 50);
    assert_eq!(stat["limit"]["interval_ns"], 5_000_000_000_u64);
    assert_eq!(fs::metadata(ring.path()).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn without_choices_it_is_for_its_owner_and_has_no_limit() {
    let ring = Ring::small();
    let stat = ring.stat();
    assert_eq!((stat["own_lanes"].as_u64(), stat["common_lanes"].as_u64()), (Some(2), Some(2)));
    assert_eq!((stat["clock"].as_str(), stat["limit"].is_null()), (Some("monotonic"), true));
    assert_eq!(fs::metadata(ring.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn every_clock_gives_records_a_time() {
    for clock in ["monotonic", "coarse", "tsc", "caller"] {
        let ring = Ring::nowhere();
        let output = ring.run("create", &["--slots", "1", "--bytes", "4k", "--clock", clock]);
        if clock == "tsc" && !output.status.success() {
            let complaint = complained(&output, 1);
            assert!(complaint.starts_with("cgview: clock tsc: "), "{complaint}");
            continue;
        }
        printed(&output);
        ring.write("0", "x");
        let record = ring.json(&[]).remove(0);
        assert!(record["time_ns"].as_u64().unwrap() > 0, "{clock}");
        assert_eq!(record.get("time").is_some(), clock != "caller", "{clock}");
    }
}

#[test]
fn what_cannot_be_is_told_in_one_line() {
    let ring = Ring::small();
    let before = fs::read(ring.path()).unwrap();
    let told = complained(&ring.run("create", &["--slots", "1", "--bytes", "4k"]), 1);
    assert_eq!(told, format!("cgview: {}: exists already\n", ring.path().display()));
    assert_eq!(fs::read(ring.path()).unwrap(), before);
    let ring = Ring::nowhere();
    for (arguments, complaint) in [
        (&["--slots", "0", "--bytes", "4k"][..], "slots: 0: there has to be one"),
        (&["--slots", "1", "--bytes", "100"], "bytes: 100: 4 lanes take 512 at least"),
        (&["--slots", "1", "--bytes", "4k", "--common", "0"], "common_lanes: 0: there has to be one"),
    ] {
        let output = ring.run("create", arguments);
        assert!(complained(&output, 1).starts_with(&format!("cgview: {complaint}")), "{arguments:?}");
        assert_eq!(text_of(&output.stdout), "");
        assert!(!ring.path().exists());
    }
}
