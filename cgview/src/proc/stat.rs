//! `/proc/stat`: the CPU lines the container's, behind them the machine's lines without the machine's activity.

use crate::account::Scope;
use crate::account::cpuset::CpuList;
use crate::cpu_view::{CpuView, Line};
use crate::host::stat::Stat;
use crate::parse;
use crate::policy::{Activity, BootTime, Numbering, Policy, Steal};
use crate::text::Text;
use crate::units::{Nanoseconds, Ticks};

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
        if facts.cpus.count() == host.cpus {
            text.push(template);
        } else {
            render_some(text, template, host, facts.cpus, policy);
        }
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
    for line in parse::lines(tail).filter(|line| !line.starts_with(b"cpu")) {
        other(text, line, host, facts, policy);
    }
}

/// The most columns that a CPU line has.
const MOST_COLUMNS: usize = 16;

/// The machine's lines of some of its CPUs, and their sum: for a container whose time is the machine's, but which
/// sees only some CPUs.
fn render_some(text: &mut Text, template: &[u8], host: &Stat, cpus: &CpuList, policy: &Policy) {
    let sum = sum_of(template, |cpu| cpus.contains(cpu));
    text.push(b"cpu ");
    for value in sum.iter().take(host.columns) {
        text.field(*value);
    }
    text.byte(b'\n');
    for (place, cpu) in (0u32..).zip(cpus.iter()) {
        text.push(b"cpu");
        text.decimal(u64::from(match policy.numbering {
            Numbering::Sequential => place,
            Numbering::Physical | Numbering::Lxcfs => cpu,
        }));
        for value in sum_of(template, |other| other == cpu).iter().take(host.columns) {
            text.field(*value);
        }
        text.byte(b'\n');
    }
    let tail = template.get(host.tail..).unwrap_or_default();
    for line in parse::lines(tail).filter(|line| !line.starts_with(b"cpu")) {
        text.push(line);
        text.byte(b'\n');
    }
}

/// The machine's lines of some of its CPUs, added up column by column.
fn sum_of(template: &[u8], wanted: impl Fn(u32) -> bool) -> [u64; MOST_COLUMNS] {
    let mut sum = [0u64; MOST_COLUMNS];
    for line in parse::lines(template) {
        let Some(rest) = line.strip_prefix(b"cpu") else { break };
        if rest.starts_with(b" ") {
            continue;
        }
        let mut words = parse::words(rest);
        let cpu = words.next().and_then(parse::number).and_then(|cpu| u32::try_from(cpu).ok());
        if cpu.is_some_and(&wanted) {
            for (place, value) in sum.iter_mut().zip(words.filter_map(parse::number)) {
                *place = place.saturating_add(value);
            }
        }
    }
    sum
}

/// The machine's idle ticks on some of its CPUs.
pub(crate) fn idle_of(template: &[u8], cpus: &CpuList) -> Ticks {
    let [_, _, _, idle, ..] = sum_of(template, |cpu| cpus.contains(cpu));
    Ticks(idle)
}

fn shown(mut line: Line, policy: &Policy) -> Line {
    if policy.steal == Steal::Zero {
        line.steal = Ticks::ZERO;
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
    fn some_cpus_of_the_machine_add_up() {
        let template = b"cpu  9 9 9 9\ncpu0 1 2 3 4\ncpu1 5 6 7 8\ncpu2 1 1 1 1\nctxt 5\n";
        let mut seen = CpuList::default();
        assert!(seen.set(b"1-2"));
        let facts = Facts {
            scope: Scope::Machine,
            view: &CpuView::new(),
            cpus: &seen,
            running: 1,
            blocked: 0,
            started: None,
        };
        let mut text = Text::new();
        render(&mut text, template, &Stat::parse(template).unwrap(), &facts, &Policy::default());
        let expected = "cpu  6 7 8 9\ncpu0 5 6 7 8\ncpu1 1 1 1 1\nctxt 5\n";
        assert_eq!(String::from_utf8_lossy(text.as_bytes()), expected);
        assert_eq!(idle_of(template, &seen), Ticks(9));
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
