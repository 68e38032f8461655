//! `/proc/uptime`: the age of the container, and the idle time of its CPUs, as in `/proc/stat`.

use crate::account::Scope;
use crate::cpu_view::CpuView;
use crate::parse;
use crate::text::Text;
use crate::units::{Nanoseconds, Ticks};

/// What the file is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// Whether the container's CPU time is accounted for, or is the machine's.
    pub(crate) cpu: Scope,
    pub(crate) view: &'a CpuView,
    /// The machine's idle time on the CPUs that the container sees, if these are not all of them.
    pub(crate) machine_idle: Option<Ticks>,
    pub(crate) now: Nanoseconds,
    pub(crate) started: Option<Nanoseconds>,
    pub(crate) ticks_per_second: u64,
}

/// The age in hundredths of a second; 0 if nobody knows when the container began.
pub(crate) fn age_hundredths(now: Nanoseconds, started: Option<Nanoseconds>) -> u64 {
    started.map_or(0, |started| now.minus(started).0 / 10_000_000)
}

/// Writes the file.
pub(crate) fn render(text: &mut Text, template: &[u8], facts: &Facts<'_>) {
    text.hundredths(age_hundredths(facts.now, facts.started));
    text.byte(b' ');
    let hundredths = |idle: Ticks| idle.nanoseconds(facts.ticks_per_second).0 / 10_000_000;
    text.hundredths(match (facts.cpu, facts.machine_idle) {
        (Scope::Machine, Some(idle)) => hundredths(idle),
        (Scope::Machine, None) => parse::words(template).nth(1).and_then(parse::hundredths).unwrap_or(0),
        _ => hundredths(facts.view.total().idle),
    });
    text.byte(b'\n');
}
