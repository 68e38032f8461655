//! What the library shows of itself: its name, and nothing but the functions of the committed list.

use crate::c::{library, run};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// After a change: `EXPECTORATE=overwrite cargo test -p cgview-ffi`, and a look at what went away.
#[test]
fn the_symbols_are_those_of_the_list() {
    let symbols = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library().join("libcgview.so")));
    let names: BTreeSet<&str> = symbols.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let list: String = names.iter().map(|name| format!("{name}\n")).collect();
    expectorate::assert_contents(Path::new(PACKAGE).join("exports.txt"), &list);
}

#[test]
fn the_loader_is_asked_for_the_soname() {
    let dynamic = run(Command::new("readelf").args(["-d", "-W"]).arg(library().join("libcgview.so")));
    assert!(dynamic.contains("Library soname: [libcgview.so.0]"), "{dynamic}");
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    for line in needed {
        assert!(["libc.so", "libgcc_s.so", "ld-linux"].iter().any(|name| line.contains(name)), "{line}");
    }
}

#[test]
fn every_function_is_in_the_header_and_tried_in_c() {
    let read = |file: &str| std::fs::read_to_string(Path::new(PACKAGE).join(file)).unwrap();
    let (list, header, test) = (read("exports.txt"), read("../include/cgview.h"), read("tests/c/api.c"));
    for function in list.lines() {
        let call = format!("{function}(");
        assert!(header.contains(&format!(" {call}")) || header.contains(&format!("*{call}")), "{function}");
        assert!(test.contains(&call), "{function} is not tried in tests/c/api.c");
    }
}

/// A panic that leaves a function of C ends the process.
#[test]
fn every_function_is_guarded() {
    let mut functions = 0;
    for file in std::fs::read_dir(Path::new(PACKAGE).join("src")).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for export in source.split("#[unsafe(no_mangle)]").skip(1) {
            let (body, _) = export.split_once("\n}\n").unwrap();
            // What cannot fail: it is constant.
            let constant = body.contains("fn cgview_version");
            let guards = ["with(", "with_mut(", "make(", "close(", "guard("];
            assert!(
                constant || guards.iter().any(|guard| body.contains(guard)),
                "{}: {body}",
                path.display()
            );
            functions += 1;
        }
    }
    assert_eq!(
        functions,
        std::fs::read_to_string(Path::new(PACKAGE).join("exports.txt")).unwrap().lines().count()
    );
}
