//! The invariants of the views, on any numbers, any order of events and any damage to the files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/course.rs"]
mod course;
#[path = "support/damage.rs"]
mod damage;
#[path = "support/naive.rs"]
mod naive;
#[path = "support/numbers.rs"]
mod numbers;
mod support;

use cgview::source::Bytes;
use cgview::{Container, CpuView, Machine, ProcFile, Subject};
use course::{Course, Step, steps};
use damage::{damage, damaged};
use numbers::{Numbers, numbers};
use proptest::prelude::*;
use support::invariants::{Shown, columns, lines, list, value};
use support::targets;
use support::trees::Shape;

fn view(numbers: &Numbers, policy: &str) -> (Machine<Bytes>, Container<Bytes>) {
    let mut machine = Machine::new(numbers.tree()).unwrap();
    let mut container = machine.container(&Subject::Cgroup("/pod/app".into())).unwrap();
    container.policy = policy.parse().unwrap();
    (machine, container)
}

fn text(machine: &mut Machine<Bytes>, container: &mut Container<Bytes>, file: ProcFile) -> String {
    String::from_utf8(machine.read(container, file).unwrap().to_vec()).unwrap()
}

/// A line of a container's meminfo, in KiB.
fn meminfo(numbers: &Numbers, policy: &str, name: &str) -> i128 {
    let (mut machine, mut container) = view(numbers, policy);
    let text = machine.read(&mut container, ProcFile::Meminfo).unwrap();
    i128::from(value(text, name).unwrap())
}

fn cpu_count(numbers: &Numbers, policy: &str) -> u64 {
    let (mut machine, mut container) = view(numbers, policy);
    list(text(&mut machine, &mut container, ProcFile::CpuOnline).as_bytes()).len() as u64
}

const POLICIES: [&str; 8] = [
    "default",
    "lxcfs",
    "cpu=quota-down,swap=off,missing=host",
    "cpu=shares,numbering=physical,steal=zero",
    "cpu=cpuset,numbering=lxcfs,activity=host",
    "swap=lxcfs,btime=container",
    "lxcfs,numbering=sequential",
    "lxcfs,missing=zero",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_view_of_any_numbers_holds(numbers in numbers(), policy in proptest::sample::select(&POLICIES)) {
        let (mut machine, mut container) = view(&numbers, policy);
        let shown = Shown::read(&mut machine, &mut container);
        shown.check(&mut machine);
        shown.check_stats(&machine.stats(&mut container).unwrap(), &mut machine, container.policy);
    }

    #[test]
    fn memory_is_the_least_of_all_limits(numbers in numbers()) {
        prop_assert_eq!(meminfo(&numbers, "default", "MemTotal:"), numbers.total() / 1024);
        prop_assert_eq!(meminfo(&numbers, "default", "MemFree:"), numbers.free() / 1024);
    }

    #[test]
    fn available_memory_is_what_the_tightest_level_can_give(numbers in numbers()) {
        prop_assume!(numbers.available_kib.is_some());
        prop_assert_eq!(meminfo(&numbers, "default", "MemAvailable:"), numbers.available() / 1024);
    }

    #[test]
    fn swap_is_that_of_the_kernel(numbers in numbers()) {
        let (total, used) = numbers.swap();
        prop_assert_eq!(meminfo(&numbers, "default", "SwapTotal:"), total / 1024);
        prop_assert_eq!(meminfo(&numbers, "default", "SwapFree:"), (total - used) / 1024);
    }

    #[test]
    fn swap_follows_the_policy(numbers in numbers()) {
        prop_assume!(numbers.accounts_swap && numbers.swap_total_kib > 0);
        prop_assert_eq!(meminfo(&numbers, "swap=off", "SwapTotal:"), 0);
        let (total, used) = match (numbers.shape, numbers.swappiness) {
            (Shape::V2, _) => numbers.swap(),
            (_, 0) => (i128::from(numbers.app.swap_usage), i128::from(numbers.app.swap_usage)),
            _ => {
                let machine = i128::from(numbers.swap_total_kib) * 1024;
                let used = i128::from(numbers.app.swap_usage);
                (numbers.both_limits().map_or(machine, |both| both.min(machine)).max(used), used)
            }
        };
        prop_assert_eq!(meminfo(&numbers, "swap=lxcfs", "SwapTotal:"), total / 1024);
        prop_assert_eq!(meminfo(&numbers, "swap=lxcfs", "SwapFree:"), (total - used) / 1024);
    }

    #[test]
    fn cpus_are_those_of_the_cpuset_and_no_more_than_paid_for(numbers in numbers()) {
        let allowed = numbers.allowed().len() as u64;
        let paid = |count: Option<u64>| count.map_or(allowed, |count| count.clamp(1, allowed));
        prop_assert_eq!(cpu_count(&numbers, "cpu=cpuset"), allowed);
        prop_assert_eq!(cpu_count(&numbers, "cpu=quota"), paid(numbers.paid(u64::div_ceil)));
        prop_assert_eq!(cpu_count(&numbers, "cpu=quota-down"), paid(numbers.paid(|quota, period| quota / period)));
        let unit = if numbers.shape == Shape::V2 { 100 } else { 1024 };
        prop_assert_eq!(cpu_count(&numbers, "cpu=shares"), paid(Some(numbers.weight.div_ceil(unit))));
    }

    #[test]
    fn cpus_keep_the_machines_numbers_where_they_should(numbers in numbers()) {
        let (mut machine, mut container) = view(&numbers, "numbering=physical,cpu=cpuset");
        let online = list(text(&mut machine, &mut container, ProcFile::CpuOnline).as_bytes());
        prop_assert_eq!(&online, &numbers.allowed());
        let cpuinfo = text(&mut machine, &mut container, ProcFile::Cpuinfo);
        let stanzas = cpuinfo.lines().filter_map(|line| line.strip_prefix("processor\t: ")?.parse().ok());
        prop_assert_eq!(stanzas.collect::<Vec<u32>>(), online);
    }
}

/// user, nice, system, idle and steal of the first line of stat.
fn times(shown: &Shown) -> [u64; 5] {
    let columns = columns(lines(shown.text(ProcFile::Stat).unwrap()).next().unwrap());
    [0, 1, 2, 3, 7].map(|column| columns[column])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_counter_runs_backwards_whatever_the_limits_do(shape in numbers::shape(), steps in steps()) {
        let mut course = Course::new(shape);
        let mut container = course.container("default");
        let mut before: Option<Shown> = None;
        for step in &steps {
            course.take(step);
            let now = Shown::read(&mut course.machine, &mut container);
            now.check(&mut course.machine);
            if let Some(before) = before {
                now.check_follows(&before, false);
            }
            before = Some(now);
        }
    }

    #[test]
    fn time_used_is_exact_to_the_tick(shape in numbers::shape(), steps in steps()) {
        let mut course = Course::new(shape);
        let mut container = course.container("default");
        for step in &steps {
            course.take(step);
            let [user, nice, system, ..] = times(&Shown::read(&mut course.machine, &mut container));
            prop_assert_eq!(user + nice + system, course.ticks());
        }
    }

    #[test]
    fn idle_and_stolen_time_fit_into_what_was_given(shape in numbers::shape(), steps in steps()) {
        let mut course = Course::new(shape);
        let mut container = course.container("cpu=cpuset");
        let mut given = 0;
        for step in &steps {
            course.take(step);
            given += step.hundredths * step.cpuset.intersection(&(0..4).collect()).count() as u64;
            let [.., idle, steal] = times(&Shown::read(&mut course.machine, &mut container));
            prop_assert!(idle + steal <= given, "{} idle and {} stolen of {}", idle, steal, given);
        }
    }

    #[test]
    fn a_container_that_does_nothing_is_idle_all_the_time(shape in numbers::shape(), steps in steps()) {
        let mut course = Course::new(shape);
        let mut container = course.container("cpu=cpuset");
        let mut given = 0;
        for step in steps {
            let step = Step { used: vec![0; 4], throttled: 0, quota: None, ..step };
            course.take(&step);
            given += step.hundredths * step.cpuset.len() as u64;
            let shown = Shown::read(&mut course.machine, &mut container);
            prop_assert_eq!(times(&shown), [0, 0, 0, given, 0]);
        }
    }

    #[test]
    fn a_restart_in_between_changes_nothing(shape in numbers::shape(), steps in steps()) {
        let mut course = Course::new(shape);
        let [mut one, mut other] = [course.container("default"), course.container("default")];
        for step in &steps {
            course.take(step);
            for file in [ProcFile::Stat, ProcFile::Uptime] {
                let shown = text(&mut course.machine, &mut one, file);
                prop_assert_eq!(text(&mut course.machine, &mut other, file), shown);
            }
            let mut state = Vec::new();
            other.cpu_view.export(&mut state);
            other = course.container("default");
            other.cpu_view = CpuView::import(&state).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_refused_or_shown_well(
        shape in 0..3u8,
        policy in 0..12u8,
        file in any::<u8>(),
        first in damage(),
        second in damage(),
    ) {
        let files = Shape::by_byte(shape).files();
        let original = files[usize::from(file) % files.len()].1;
        let mut input = vec![shape, policy, file];
        input.extend(damaged(original, &first));
        input.extend(b"====\n");
        input.extend(damaged(original, &second));
        targets::one_file(&input);
    }

    #[test]
    fn any_bytes_are_survived(data in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (_, target) in targets::ALL {
            target(&data);
        }
    }
}

/// The tools that people use read them through this crate.
mod procfs_reads {
    use super::*;
    use procfs::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_line(numbers in numbers(), policy in proptest::sample::select(&POLICIES)) {
            let (mut machine, mut container) = view(&numbers, policy);
            let mut read = |file| text(&mut machine, &mut container, file);
            let meminfo = procfs::Meminfo::from_read(read(ProcFile::Meminfo).as_bytes()).unwrap();
            prop_assert!(meminfo.mem_free <= meminfo.mem_total && meminfo.swap_free <= meminfo.swap_total);
            let system = procfs::LocalSystemInfo;
            let stat = procfs::KernelStats::from_read(read(ProcFile::Stat).as_bytes(), &system).unwrap();
            let cpuinfo = procfs::CpuInfo::from_read(read(ProcFile::Cpuinfo).as_bytes()).unwrap();
            prop_assert_eq!(stat.cpu_time.len(), cpuinfo.num_cores());
            procfs::Uptime::from_read(read(ProcFile::Uptime).as_bytes()).unwrap();
            procfs::LoadAverage::from_read(read(ProcFile::Loadavg).as_bytes()).unwrap();
            for line in read(ProcFile::Diskstats).lines() {
                procfs::DiskStat::from_line(line).unwrap();
            }
            procfs::CpuPressure::from_read(read(ProcFile::PressureCpu).as_bytes()).unwrap();
            procfs::MemoryPressure::from_read(read(ProcFile::PressureMemory).as_bytes()).unwrap();
        }
    }
}
