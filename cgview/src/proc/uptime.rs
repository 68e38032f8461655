//! `/proc/uptime`: the age of the container, and the idle time of its CPUs, as in `/proc/stat`.

use crate::account::Scope;
use crate::cpu_view::CpuView;
use crate::parse;
use crate::text::Text;
use crate::units::Nanoseconds;

/// What the file is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// Whether the container's CPU time is accounted for, or is the machine's.
    pub(crate) cpu: Scope,
    pub(crate) view: &'a CpuView,
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
    if facts.cpu == Scope::Machine {
        let idle = parse::words(template).nth(1).and_then(parse::hundredths);
        text.hundredths(idle.unwrap_or(0));
    } else {
        let idle = facts.view.total().idle.nanoseconds(facts.ticks_per_second);
        text.hundredths(idle.0 / 10_000_000);
    }
    text.byte(b'\n');
}
