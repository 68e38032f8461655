//! smoke
#![allow(clippy::all, clippy::unwrap_used, clippy::indexing_slicing)]
use cgview::*;
fn go<S: source::Source>(s: S, sub: Subject, files: &[String]) {
    let mut m = Machine::new(s).unwrap();
    let mut c = m.container(&sub).unwrap_or_else(|e| {
        eprintln!("cgview: {e}");
        std::process::exit(1)
    });
    for f in files {
        match m.read(&mut c, ProcFile::by_path(f).unwrap()) {
            Ok(t) => print!("{}", String::from_utf8_lossy(t)),
            Err(e) => eprintln!("{e}"),
        }
    }
}
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let sub = match a[2].as_str() {
        "own" => Subject::Own,
        x => match x.parse() {
            Ok(p) => Subject::Pid(p),
            _ => Subject::Cgroup(x.into()),
        },
    };
    if a[1] == "live" {
        go(source::Live::new(source::Keep::Hot).unwrap(), sub, &a[3..])
    } else {
        go(source::Tree::open(&a[1]).unwrap(), sub, &a[3..])
    }
}
