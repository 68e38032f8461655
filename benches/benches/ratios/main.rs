//! Every ratio that has a target, measured on this machine, as one table.
//!
//! `cargo bench -p cgview-benches --bench ratios --features rivals [-- GROUP...]`; the groups are the modules.

#![allow(missing_docs, reason = "a program")]

mod fuse;
mod mbuf;
mod pure;
mod rivals;
mod subject;
mod sweep;
mod views;

use cgview_benches::counting::Counting;
use cgview_benches::table::Table;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Outcome = Result<(), Box<dyn std::error::Error>>;
/// Measures some rows; an error is why it cannot.
type Group = fn(&mut Table) -> Outcome;

fn main() -> ExitCode {
    let groups: [(&str, Group); 6] = [
        ("views", views::run),
        ("pure", pure::run),
        ("rivals", rivals::run),
        ("fuse", fuse::run),
        ("sweep", sweep::run),
        ("mbuf", mbuf::run),
    ];
    // cargo itself passes `--bench`.
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let mut table = Table::default();
    let mut skipped = 0;
    for (name, run) in groups {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        if let Err(reason) = run(&mut table) {
            println!("\nSKIPPED: {name}: {reason}");
            skipped += 1;
        }
    }
    println!("\n{} missed, {skipped} groups skipped", table.missed);
    if table.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
