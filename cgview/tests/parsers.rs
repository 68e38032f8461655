//! Every golden view read back by a parser that others wrote for the kernel's files: what it finds is what the
//! text says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
#![cfg(target_os = "linux")]

#[path = "golden/cases.rs"]
#[allow(dead_code, reason = "the test `golden` uses the rest")]
mod cases;
#[path = "golden/fields.rs"]
#[allow(dead_code, reason = "the test `golden` uses the rest")]
mod fields;

use cases::Case;
use procfs::{CpuInfo, CpuPressure, CpuTime, DiskStats, ExplicitSystemInfo, IoPressure, KernelStats};
use procfs::{FromRead, FromReadSI, LoadAverage, Meminfo, MemoryPressure, Uptime, VmStat};

/// Calls `check(text, value)` for a file of every case, where `value(field, row)` is what the text holds.
fn each(path: &str, check: impl Fn(&str, &dyn Fn(&str, &str) -> u64)) {
    for case in Case::all() {
        let texts = case.texts("expected");
        let text = texts.get(path).unwrap_or_else(|| panic!("{} has no {path}", case.name));
        let fields = fields::fields(path, text);
        check(text, &|field, row| {
            let value = fields.get(&(field.to_owned(), row.to_owned()));
            let value = value.unwrap_or_else(|| panic!("{}/{path}: no {field} {row}", case.name));
            // Hundredths as a whole number; kibibytes without their unit.
            value.trim_end_matches(" kB").replace('.', "").parse().unwrap()
        });
    }
}

#[test]
fn meminfo() {
    each("proc/meminfo", |text, value| {
        let kib = |name| value(name, "") * 1024;
        let parsed = Meminfo::from_read(text.as_bytes()).unwrap();
        assert_eq!(parsed.mem_total, kib("MemTotal"));
        assert_eq!(parsed.mem_free, kib("MemFree"));
        assert_eq!(parsed.mem_available, Some(kib("MemAvailable")));
        assert_eq!(parsed.buffers, kib("Buffers"));
        assert_eq!(parsed.cached, kib("Cached"));
        assert_eq!(parsed.swap_cached, kib("SwapCached"));
        assert_eq!((parsed.active, parsed.inactive), (kib("Active"), kib("Inactive")));
        assert_eq!(parsed.active_anon, Some(kib("Active(anon)")));
        assert_eq!(parsed.inactive_anon, Some(kib("Inactive(anon)")));
        assert_eq!(parsed.active_file, Some(kib("Active(file)")));
        assert_eq!(parsed.inactive_file, Some(kib("Inactive(file)")));
        assert_eq!(parsed.unevictable, Some(kib("Unevictable")));
        assert_eq!((parsed.swap_total, parsed.swap_free), (kib("SwapTotal"), kib("SwapFree")));
        assert_eq!((parsed.dirty, parsed.writeback), (kib("Dirty"), kib("Writeback")));
        assert_eq!((parsed.anon_pages, parsed.mapped), (Some(kib("AnonPages")), kib("Mapped")));
        assert_eq!((parsed.shmem, parsed.slab), (Some(kib("Shmem")), kib("Slab")));
        assert_eq!(parsed.s_reclaimable, Some(kib("SReclaimable")));
        assert_eq!(parsed.s_unreclaim, Some(kib("SUnreclaim")));
        assert_eq!(parsed.k_reclaimable, Some(kib("KReclaimable")));
        assert_eq!(parsed.kernel_stack, Some(kib("KernelStack")));
        assert_eq!(parsed.page_tables, Some(kib("PageTables")));
        assert_eq!(parsed.per_cpu, Some(kib("Percpu")));
        assert_eq!(parsed.anon_hugepages, Some(kib("AnonHugePages")));
        assert_eq!((parsed.z_swap, parsed.z_swapped), (Some(kib("Zswap")), Some(kib("Zswapped"))));
        assert_eq!(parsed.vmalloc_total, kib("VmallocTotal"));
        assert_eq!(parsed.hugepages_total, Some(value("HugePages_Total", "")));
        assert_eq!(parsed.hugepagesize, Some(kib("Hugepagesize")));
        assert!(parsed.mem_free <= parsed.mem_total && parsed.swap_free <= parsed.swap_total);
        assert!(parsed.mem_available <= Some(parsed.mem_total));
    });
}

#[test]
fn stat() {
    // The clock of the captures.
    let machine = ExplicitSystemInfo {
        boot_time_secs: 0,
        ticks_per_second: 100,
        page_size: 4096,
        is_little_endian: true,
    };
    each("proc/stat", |text, value| {
        let parsed = KernelStats::from_read(text.as_bytes(), &machine).unwrap();
        let check = |time: &CpuTime, row: &str| {
            assert_eq!(time.user, value("cpu user", row));
            assert_eq!(time.nice, value("cpu nice", row));
            assert_eq!(time.system, value("cpu system", row));
            assert_eq!(time.idle, value("cpu idle", row));
            assert_eq!(time.iowait, Some(value("cpu iowait", row)));
            assert_eq!(time.steal, Some(value("cpu steal", row)));
            assert_eq!(time.guest_nice, Some(value("cpu guest_nice", row)));
        };
        check(&parsed.total, "cpu");
        for (number, time) in parsed.cpu_time.iter().enumerate() {
            check(time, &format!("cpu{number}"));
        }
        assert_eq!(parsed.cpu_time.iter().map(|time| time.user).sum::<u64>(), parsed.total.user);
        assert_eq!(parsed.cpu_time.iter().map(|time| time.idle).sum::<u64>(), parsed.total.idle);
        assert_eq!((parsed.ctxt, parsed.btime), (value("ctxt", ""), value("btime", "")));
        assert_eq!(parsed.processes, value("processes", ""));
        assert_eq!(parsed.procs_running.map(u64::from), Some(value("procs_running", "")));
        assert_eq!(parsed.procs_blocked.map(u64::from), Some(value("procs_blocked", "")));
    });
}

#[test]
fn cpuinfo_has_as_many_cpus_as_stat_and_online() {
    for case in Case::all() {
        let texts = case.texts("expected");
        let parsed = CpuInfo::from_read(texts["proc/cpuinfo"].as_bytes()).unwrap();
        let count = parsed.num_cores();
        assert!(parsed.flags(0).is_some_and(|flags| flags.contains(&"sse2")), "{}", case.name);
        let lines = texts["proc/stat"].lines().filter(|line| line.starts_with("cpu")).count();
        assert_eq!(lines, count + 1, "{}", case.name);
        let online = if count == 1 { "0\n".to_owned() } else { format!("0-{}\n", count - 1) };
        for list in ["online", "present", "possible"] {
            assert_eq!(texts[&format!("sys/devices/system/cpu/{list}")], online, "{}", case.name);
        }
        assert_eq!(texts["sys/devices/system/cpu/directories"].lines().count(), count, "{}", case.name);
    }
}

fn hundredths(number: f64) -> u64 {
    (number * 100.0).round() as u64
}

#[test]
fn uptime_and_loadavg() {
    each("proc/uptime", |text, value| {
        let parsed = Uptime::from_read(text.as_bytes()).unwrap();
        assert_eq!(hundredths(parsed.uptime), value("uptime", ""));
        assert_eq!(hundredths(parsed.idle), value("idle", ""));
    });
    each("proc/loadavg", |text, value| {
        let parsed = LoadAverage::from_read(text.as_bytes()).unwrap();
        assert_eq!(hundredths(parsed.one.into()), value("load 1", ""));
        assert_eq!(hundredths(parsed.five.into()), value("load 5", ""));
        assert_eq!(hundredths(parsed.fifteen.into()), value("load 15", ""));
        assert_eq!(u64::from(parsed.cur), value("running", ""));
        assert_eq!(u64::from(parsed.max), value("total", ""));
        assert_eq!(u64::from(parsed.latest_pid), value("last pid", ""));
    });
}

#[test]
fn diskstats() {
    each("proc/diskstats", |text, value| {
        let DiskStats(parsed) = DiskStats::from_read(text.as_bytes()).unwrap();
        assert_eq!(parsed.len(), text.lines().count());
        for disk in parsed {
            let value = |field| value(field, &disk.name);
            assert_eq!((disk.reads, disk.merged), (value("reads"), value("reads merged")));
            assert_eq!((disk.sectors_read, disk.writes), (value("sectors read"), value("writes")));
            assert_eq!(
                (disk.sectors_written, disk.in_progress),
                (value("sectors written"), value("in flight"))
            );
            assert_eq!(disk.discards, Some(value("discards")));
            assert_eq!(disk.sectors_discarded, Some(value("sectors discarded")));
            assert_eq!(disk.flushes, Some(value("flushes")));
        }
    });
}

#[test]
fn vmstat() {
    each("proc/vmstat", |text, value| {
        let VmStat(parsed) = VmStat::from_read(text.as_bytes()).unwrap();
        assert_eq!(parsed.len(), text.lines().count());
        for (name, number) in &parsed {
            assert_eq!(u64::try_from(*number), Ok(value(name, "")), "{name}");
        }
    });
}

#[test]
fn pressure() {
    for case in Case::all() {
        let texts = case.texts("expected");
        let text = |resource: &str| texts[&format!("proc/pressure/{resource}")].as_bytes();
        let cpu = CpuPressure::from_read(text("cpu")).unwrap().some.total;
        MemoryPressure::from_read(text("memory")).unwrap();
        IoPressure::from_read(text("io")).unwrap();
        // v1 has no pressure of its own to tell of, and must not tell of the machine's.
        assert_eq!(cpu == 0, case.hierarchy() == "v1", "{}", case.name);
    }
}
