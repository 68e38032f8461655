//! Views of captured machines, byte for byte.
//!
//! `EXPECT=overwrite cargo test -p cgview --test golden` blesses what is shown now: check it first, by hand.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "golden/cases.rs"]
mod cases;
#[path = "golden/fields.rs"]
mod fields;

#[test]
fn diffs() {
    for d in ["lxcfs", "lxcfs-default"] {
        let mut all: std::collections::BTreeMap<(String, String), Vec<String>> = Default::default();
        for case in cases::Case::all() {
            let v = case.views(
                &case.by_cgroup(),
                if d == "lxcfs" { Default::default() } else { cgview::Policy::lxcfs() },
            );
            for (p, t) in case.texts(d) {
                let ours = String::from_utf8(v[&p].clone().unwrap()).unwrap();
                for f in fields::differing(&p, &ours, &t) {
                    let o = fields::fields(&p, &ours).get(&f).cloned();
                    let l = fields::fields(&p, &t).get(&f).cloned();
                    all.entry((p.clone(), f)).or_default().push(format!("{} {:?} {:?}", case.name, o, l));
                }
            }
        }
        for ((p, f), c) in &all {
            println!("## {d} {p} {f}");
            for l in c {
                println!("   {}", &l[..l.len().min(220)]);
            }
        }
    }
}
