//! `/proc/stat`: the CPU lines the container's, behind them the machine's lines without the machine's activity.

use crate::account::Scope;
use crate::account::cpuset::CpuList;
use crate::cpu_view::{CpuView, Line};
use crate::host::stat::Stat;
use crate::parse;
use crate::policy::{Activity, BootTime, Numbering, Policy, Steal};
use crate::text::Text;
use crate::units::Nanoseconds;

/// What the file is made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) scope: Scope,
    pub(crate) view: &'a CpuView,
    /// The machine's CPUs that the container sees.
    pub(crate) cpus: &'a CpuList,
    /// Tasks that run and that are blocked, from the caller's last count.
    pub(crate) running: u64,
    pub(crate) blocked: u64,
    /// When the container began, since the machine's boot.
    pub(crate) started: Option<Nanoseconds>,
}

/// Writes the file.
pub(crate) fn render(text: &mut Text, template: &[u8], host: &Stat, facts: &Facts<'_>, policy: &Policy) {
    if facts.scope == Scope::Machine {
        text.push(template);
        return;
    }
    let total = shown(facts.view.total(), policy);
    text.push(b"cpu ");
    columns(text, &total, host.columns);
    let mut physical = facts.cpus.iter();
    for (index, line) in (0u64..).zip(facts.view.lines()) {
        let number = match policy.numbering {
            Numbering::Sequential => index,
            Numbering::Physical | Numbering::Lxcfs => physical.next().map_or(index, u64::from),
        };
        text.push(b"cpu");
        text.decimal(number);
        columns(text, &shown(*line, policy), host.columns);
    }
    let tail = template.get(host.tail..).unwrap_or_default();
    for line in parse::lines(tail) {
        other(text, line, host, facts, policy);
    }
}

fn shown(mut line: Line, policy: &Policy) -> Line {
    if policy.steal == Steal::Zero {
        line.steal = crate::units::Ticks::ZERO;
    }
    line
}

/// user nice system idle iowait irq softirq steal guest guest_nice
fn columns(text: &mut Text, line: &Line, columns: usize) {
    let values = [line.user.0, line.nice.0, line.system.0, line.idle.0, 0, 0, 0, line.steal.0];
    for value in values.iter().take(columns) {
        text.field(*value);
    }
    text.zeros(columns.saturating_sub(values.len()));
    text.byte(b'\n');
}

fn other(text: &mut Text, line: &[u8], host: &Stat, facts: &Facts<'_>, policy: &Policy) {
    let name = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    text.push(name);
    match name {
        b"btime" => {
            let container = facts.started.map_or(0, |started| started.0 / 1_000_000_000);
            text.field(match policy.boot_time {
                BootTime::Host => host.boot_time,
                BootTime::Container => host.boot_time.saturating_add(container),
            });
        }
        b"procs_running" => text.field(facts.running),
        b"procs_blocked" => text.field(facts.blocked),
        _ => {
            let values = line.get(name.len()..).unwrap_or_default();
            match policy.activity {
                Activity::Host => text.push(values),
                Activity::Zero => text.zeros(memchr::memchr_iter(b' ', values).count()),
            }
        }
    }
    text.byte(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu_view::Sample;

    const HOST: &[u8] = b"cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 9 9 9 9 9 9 9 9 9 9\nintr 104469 71 0 0\nctxt 124905\nbtime 1795155392\nprocesses 672\nprocs_running 7\nprocs_blocked 5\nsoftirq 52492 0 6906\nnew_in_linux9 1 2\n";

    fn shown(policy: &Policy, cpus: &str) -> String {
        let mut seen = CpuList::default();
        assert!(seen.set(cpus.as_bytes()));
        let mut view = CpuView::new();
        view.tick(&Sample {
            now: Nanoseconds(10_000_000_000),
            started: Some(Nanoseconds(5_000_000_000)),
            user: Nanoseconds(1_010_000_000),
            nice: Nanoseconds(10_000_000),
            system: Nanoseconds(500_000_000),
            throttled: Nanoseconds::ZERO,
            per_cpu: &[],
            cpus: &seen,
            quota: None,
            ticks_per_second: 100,
        });
        let facts = Facts {
            scope: Scope::Cgroup { up: 0 },
            view: &view,
            cpus: &seen,
            running: 1,
            blocked: 0,
            started: Some(Nanoseconds(5_000_000_000)),
        };
        let mut text = Text::new();
        render(&mut text, HOST, &Stat::parse(HOST).unwrap(), &facts, policy);
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_machines_shape_with_the_containers_figures() {
        let expected = "\
cpu  100 1 50 849 0 0 0 0 0 0
cpu0 50 1 25 424 0 0 0 0 0 0
cpu1 50 0 25 425 0 0 0 0 0 0
intr 0 0 0 0
ctxt 0
btime 1795155392
processes 0
procs_running 1
procs_blocked 0
softirq 0 0 0
new_in_linux9 0 0
";
        assert_eq!(shown(&Policy::default(), "1,3"), expected);
    }

    #[test]
    fn policies_show() {
        let policy = "numbering=physical,btime=container,activity=host".parse().unwrap();
        let shown = shown(&policy, "1,3");
        for line in ["cpu3 ", "btime 1795155397\n", "intr 104469 71 0 0\n", "new_in_linux9 1 2\n"] {
            assert!(shown.contains(line), "{line} in {shown}");
        }
    }
}
