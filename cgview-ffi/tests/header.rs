//! The header in the repository is the one that the source makes.
//!
//! After a change: `EXPECTORATE=overwrite cargo test -p cgview-ffi --test header`.

use std::path::Path;

/// In the order in which a reader wants them.
const NOUNS: [&str; 11] =
    ["version", "error", "slot", "ring", "field", "record", "writer", "reader", "snapshot", "text", "cursor"];

#[test]
fn the_header_is_what_the_source_makes() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(package.join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for noun in NOUNS {
        builder = builder.with_src(package.join(format!("src/{noun}.rs")));
    }
    let mut header = Vec::new();
    builder.generate().unwrap().write(&mut header);
    let header = String::from_utf8(header).unwrap();
    expectorate::assert_contents(package.join("../include/cgview.h"), &header);
}
