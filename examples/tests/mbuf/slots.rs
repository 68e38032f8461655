//! `cgview mbuf take`, `release` and `grow`

use crate::{Ring, complained, printed};

#[test]
fn slots_are_taken_and_given_up() {
    let ring = Ring::new(&["--slots", "2", "--bytes", "4k"]);
    assert_eq!(printed(&ring.run("take", &["a"])), "0\n");
    assert_eq!(printed(&ring.run("take", &["b"])), "1\n");
    assert_eq!(complained(&ring.run("take", &["b"]), 1), "cgview: slot \"b\" is there already: number 1\n");
    assert_eq!(complained(&ring.run("take", &["c"]), 1), "cgview: no free slot: all 2 are taken\n");
    ring.write("a", "secret");
    for slot in ["a", "1"] {
        assert_eq!(printed(&ring.run("release", &[slot])), "");
    }
    assert_eq!(printed(&ring.run("cat", &[])), "");
    assert_eq!(printed(&ring.run("take", &["c"])), "0\n");
    assert_eq!(printed(&ring.run("cat", &[])), "");
    assert_eq!(ring.stat()["taken"][0]["generation"], 2);
    assert!(!String::from_utf8_lossy(&std::fs::read(ring.path()).unwrap()).contains("secret"));
}

#[test]
fn a_ring_grows_and_never_shrinks() {
    let ring = Ring::new(&["--slots", "1", "--bytes", "4k"]);
    ring.write("a", "x");
    for (asked, slots) in [("3", 3), ("2", 3)] {
        assert_eq!(printed(&ring.run("grow", &[asked])), "");
        assert_eq!(ring.stat()["slots"], slots);
    }
    ring.write("2", "y");
    assert_eq!(ring.texts(&[]), ["info   a: x", "info   #2: y"]);
    let told = complained(&ring.run("grow", &["2000000"]), 1);
    assert_eq!(told, "cgview: slots: 2000000: more than a region holds\n");
}
