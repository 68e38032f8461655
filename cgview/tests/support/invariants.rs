//! What must hold of everything that is shown, whatever the kernel files say.

use cgview::policy::{Policy, Swap};
use cgview::source::{Bytes, HostFile, Source};
use cgview::{Container, Machine, ProcFile, Stats, Sysinfo};

/// All that a container was shown in one sweep.
#[derive(Debug)]
pub(crate) struct Shown {
    texts: Vec<(ProcFile, Option<Vec<u8>>)>,
}

impl Shown {
    /// Reads every file, each twice: within a sweep the answer is the same, be it an error.
    pub(crate) fn read(machine: &mut Machine<Bytes>, container: &mut Container<Bytes>) -> Self {
        let mut texts = Vec::new();
        for file in ProcFile::ALL {
            let first = read(machine, container, file);
            let again = read(machine, container, file);
            assert_eq!(first, again, "{file:?} changes within a sweep");
            texts.push((file, first.ok()));
        }
        Self { texts }
    }

    /// The text of a file that could be read.
    pub(crate) fn text(&self, file: ProcFile) -> Option<&[u8]> {
        self.texts.iter().find(|(shown, _)| *shown == file)?.1.as_deref()
    }

    /// The text of a file, unless it is the machine's own: a container that is the machine sees what is there.
    fn own_text(&self, machine: &mut Machine<Bytes>, file: ProcFile) -> Option<&[u8]> {
        let text = self.text(file)?;
        let whole = |text: &[u8]| text.strip_suffix(b"\n").unwrap_or(text).to_vec();
        let is_machines = machines(machine, file).is_some_and(|machines| whole(&machines) == whole(text));
        (!is_machines).then_some(text)
    }

    /// Asserts what holds within one sweep.
    pub(crate) fn check(&self, machine: &mut Machine<Bytes>) {
        for (file, text) in &self.texts {
            let Some(text) = text else { continue };
            assert!(text.is_empty() || text.ends_with(b"\n"), "{file:?} ends within a line: {}", lossy(text));
        }
        self.check_memory(machine);
        self.check_cpus(machine);
        self.check_idle_time(machine);
    }

    fn check_memory(&self, machine: &mut Machine<Bytes>) {
        let Some(text) = self.own_text(machine, ProcFile::Meminfo) else { return };
        let least = |name| values(text, name).min();
        let most = |name| values(text, name).max();
        for (part, whole) in [
            ("MemFree:", "MemTotal:"),
            ("MemAvailable:", "MemTotal:"),
            ("SwapFree:", "SwapTotal:"),
            ("HugePages_Free:", "HugePages_Total:"),
        ] {
            if let (Some(part_value), Some(whole_value)) = (most(part), least(whole)) {
                assert!(part_value <= whole_value, "{part} {part_value} > {whole} {whole_value}");
            }
        }
        let (Some(total), Some(free)) = (least("SwapTotal:"), least("SwapFree:")) else { return };
        let Some(swaps) = self.own_text(machine, ProcFile::Swaps) else { return };
        let row = lines(swaps).nth(1).unwrap_or_default();
        let [size, used] = [2, 3].map(|column| words(row).nth(column).and_then(number).unwrap_or(0));
        assert_eq!(size, total, "swaps and meminfo disagree");
        // Both are rounded down.
        assert!(used <= size && size - used - free <= 1, "{used} of {size} kB swapped, {free} kB free");
    }

    fn check_cpus(&self, machine: &mut Machine<Bytes>) {
        let Some(online) = self.text(ProcFile::CpuOnline) else { return };
        let cpus = list(online);
        assert!(!cpus.is_empty(), "a container without a CPU");
        for file in [ProcFile::CpuPresent, ProcFile::CpuPossible] {
            assert_eq!(self.text(file), Some(online), "{file:?}");
        }
        assert_eq!(self.text(ProcFile::CpuOffline), Some(&b"\n"[..]));
        let directories = self.text(ProcFile::CpuDirectories).unwrap_or_default();
        assert_eq!(lines(directories).filter_map(cpu_number).collect::<Vec<_>>(), cpus);
        if let Some(text) = self.text(ProcFile::Cpuinfo)
            && machines(machine, ProcFile::Cpuinfo).is_some_and(|text| stanzas(&text) > 0)
        {
            assert_eq!(stanzas(text), cpus.len(), "{} for {} CPUs", lossy(text), cpus.len());
        }
        if let Some(text) = self.own_text(machine, ProcFile::Stat) {
            check_cpu_lines(text, &cpus);
        }
    }

    /// The idle time of `uptime` is that of `stat`, where a tick is a hundredth.
    fn check_idle_time(&self, machine: &mut Machine<Bytes>) {
        let Some(stat) = self.own_text(machine, ProcFile::Stat) else { return };
        let Some(uptime) = self.text(ProcFile::Uptime) else { return };
        let mut fields = words(uptime).map(|field| hundredths(field).expect("a time"));
        let (_age, idle) = (fields.next().expect("an age"), fields.next().expect("an idle time"));
        assert_eq!(fields.next(), None);
        let shown = columns(lines(stat).next().unwrap_or_default())[3];
        // A counter near the end of its range stands still in the smaller unit first.
        if machine.facts().ticks_per_second == 100 && idle < u64::MAX / 10_000_000 {
            assert_eq!(idle, shown, "idle time of uptime and stat");
        }
    }

    /// Asserts that no counter ran backwards since an earlier sweep. The age may if the machine's clock did.
    pub(crate) fn check_follows(&self, earlier: &Self, clock_ran_backwards: bool) {
        if let (Some(before), Some(now)) = (earlier.text(ProcFile::Stat), self.text(ProcFile::Stat)) {
            let lines = |text| lines(text).take_while(|line| line.starts_with(b"cpu"));
            for (before, now) in lines(before).zip(lines(now)) {
                // What a line that went away had counted is added to the others.
                for (before_value, now_value) in columns(before).iter().zip(columns(now)) {
                    assert!(*before_value <= now_value, "{} ran back to {}", lossy(before), lossy(now));
                }
            }
        }
        if let (Some(before), Some(now)) = (earlier.text(ProcFile::Uptime), self.text(ProcFile::Uptime)) {
            for (column, (before, now)) in words(before).zip(words(now)).enumerate() {
                let is_age = column == 0;
                let ran_backwards = hundredths(before) > hundredths(now);
                assert!(!ran_backwards || is_age && clock_ran_backwards, "uptime ran backwards");
            }
        }
    }

    /// Asserts that nothing of the machine is shown to a container that is only a part of it: not even
    /// where its own files make no sense.
    pub(crate) fn check_nothing_leaks(&self, machine: &mut Machine<Bytes>) {
        let of_the_machine = [
            ProcFile::Meminfo,
            ProcFile::Stat,
            ProcFile::Vmstat,
            ProcFile::Diskstats,
            ProcFile::PressureCpu,
            ProcFile::PressureMemory,
            ProcFile::PressureIo,
        ];
        for file in of_the_machine {
            // A meminfo of totals alone is the same for a container that has no limit.
            let tells_use = |text: &[u8]| file != ProcFile::Meminfo || value(text, "MemFree:").is_some();
            if let Some(text) = self.text(file)
                && tells_use(text)
                && text.iter().any(|byte| (b'1'..=b'9').contains(byte))
            {
                assert_ne!(Some(text), machines(machine, file).as_deref(), "{file:?} is the machine's");
            }
        }
    }

    /// Asserts that the numbers are those of the text. Their swap is the kernel's under every policy.
    pub(crate) fn check_stats(&self, stats: &Stats, machine: &mut Machine<Bytes>, policy: Policy) {
        let at_most = |part: Option<u64>, whole: Option<u64>| part.zip(whole).is_none_or(|(a, b)| a <= b);
        assert!(at_most(stats.memory_effective_limit_bytes, stats.host_memory_bytes));
        assert!(at_most(stats.memory_reclaimable_available_bytes, stats.memory_effective_limit_bytes));
        assert!(at_most(stats.memory_working_set_bytes, stats.memory_usage_bytes));
        if let Some(online) = self.text(ProcFile::CpuOnline) {
            assert_eq!(stats.cpu_visible_count, Some(list(online).len() as u64));
        }
        let Some(meminfo) = self.own_text(machine, ProcFile::Meminfo) else { return };
        for (name, bytes) in [
            ("MemTotal:", stats.memory_effective_limit_bytes),
            ("MemAvailable:", stats.memory_reclaimable_available_bytes),
            ("SwapTotal:", stats.swap_total_bytes.filter(|_| policy.swap == Swap::Separate)),
        ] {
            if let (Some(shown), Some(bytes)) = (value(meminfo, name), bytes) {
                assert_eq!(shown, bytes / 1024, "{name} in stats and in meminfo");
            }
        }
    }

    /// Asserts that `sysinfo(2)` tells what the file does, to 32-bit callers too.
    pub(crate) fn check_sysinfo(&self, info: Sysinfo, machine: &mut Machine<Bytes>) {
        let Some(meminfo) = self.own_text(machine, ProcFile::Meminfo) else { return };
        for (name, bytes) in [
            ("MemTotal:", info.totalram),
            ("MemFree:", info.freeram),
            ("SwapTotal:", info.totalswap),
            ("SwapFree:", info.freeswap),
        ] {
            if let Some(shown) = value(meminfo, name) {
                assert_eq!(shown.saturating_mul(1024), bytes, "{name} in sysinfo and in meminfo");
            }
        }
        if value(meminfo, "MemTotal:").is_some() && value(meminfo, "SwapTotal:").is_some() {
            for info in [info, info.for_32_bit(4096)] {
                assert!(info.freeram <= info.totalram && info.freeswap <= info.totalswap, "{info:?}");
            }
        }
    }

    /// Asserts that what is explained is shown, as a whole and by one of its fields.
    pub(crate) fn check_explanation(
        &self,
        machine: &mut Machine<Bytes>,
        container: &mut Container<Bytes>,
        file: ProcFile,
    ) {
        let Ok(explained) = machine.explain(container, file, None) else { return };
        assert!(self.text(file).is_some(), "{file:?} is explained and not shown: {explained:?}");
        let Some(last) = explained.last() else { return };
        let alone = machine.explain(container, file, Some(&last.field)).expect("a field that was explained");
        assert!(alone.contains(last), "{alone:?} without {last:?}");
    }

    /// Asserts that a zero byte is shown only if one was read.
    pub(crate) fn check_no_zero_byte(&self) {
        for (file, text) in &self.texts {
            assert!(!text.as_deref().unwrap_or_default().contains(&0), "{file:?} has a zero byte");
        }
    }
}

/// One file, or the one line that says why not.
pub(crate) fn read(
    machine: &mut Machine<Bytes>,
    container: &mut Container<Bytes>,
    file: ProcFile,
) -> Result<Vec<u8>, String> {
    machine.read(container, file).map(<[u8]>::to_vec).map_err(|error| {
        let error = error.to_string();
        assert!(!error.contains('\n'), "an error of several lines: {error:?}");
        error
    })
}

/// The machine's own text of a file.
fn machines(machine: &mut Machine<Bytes>, file: ProcFile) -> Option<Vec<u8>> {
    let host = HostFile::ALL.into_iter().find(|host| host.path() == file.path())?;
    let mut text = Vec::new();
    machine.source_mut().host(host, &mut text).ok()?;
    Some(text)
}

fn check_cpu_lines(text: &[u8], cpus: &[u32]) {
    let total = columns(lines(text).next().unwrap_or_default());
    let mut sum = vec![0u64; total.len()];
    let mut numbers = Vec::new();
    for line in lines(text).skip(1) {
        let Some(number) = words(line).next().and_then(cpu_number) else { continue };
        numbers.push(number);
        let line = columns(line);
        assert_eq!(line.len(), sum.len(), "a CPU line of another width");
        for (sum, value) in sum.iter_mut().zip(line) {
            *sum = sum.saturating_add(value);
        }
    }
    assert_eq!(sum, total, "the CPU lines do not sum to the first");
    assert_eq!(numbers, cpus, "other CPUs in stat than online");
}

/// The values of the lines of a name, colon included.
fn values<'a>(text: &'a [u8], name: &'a str) -> impl Iterator<Item = u64> + 'a {
    lines(text).filter_map(move |line| words(line.strip_prefix(name.as_bytes())?).next().and_then(number))
}

/// The first value of a line of meminfo.
pub(crate) fn value(text: &[u8], name: &str) -> Option<u64> {
    values(text, name).next()
}

/// The numbers of a CPU line.
pub(crate) fn columns(line: &[u8]) -> Vec<u64> {
    words(line)
        .skip(1)
        .map(|word| number(word).unwrap_or_else(|| panic!("{} in stat", lossy(line))))
        .collect()
}

pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}

pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Leading digits, the largest number if they are too many.
pub(crate) fn number(word: &[u8]) -> Option<u64> {
    let length = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let digits = word[..length].iter().map(|digit| u64::from(digit - b'0'));
    (length > 0).then(|| digits.fold(0, |sum: u64, digit| sum.saturating_mul(10).saturating_add(digit)))
}

/// `1.23` as 123.
pub(crate) fn hundredths(word: &[u8]) -> Option<u64> {
    let point = word.iter().position(|&byte| byte == b'.')?;
    Some(number(&word[..point])?.saturating_mul(100).saturating_add(number(&word[point + 1..])?))
}

/// `0-2,5` as its numbers.
pub(crate) fn list(text: &[u8]) -> Vec<u32> {
    let text = std::str::from_utf8(text).expect("a CPU list is ASCII").trim_end();
    let bound = |word: &str| word.parse::<u32>().unwrap_or_else(|_| panic!("{text:?} is no CPU list"));
    text.split(',')
        .flat_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            bound(first)..=bound(last)
        })
        .collect()
}

/// The number of `cpu7`.
fn cpu_number(word: &[u8]) -> Option<u32> {
    std::str::from_utf8(word.strip_prefix(b"cpu")?).ok()?.parse().ok()
}

/// How many stanzas a cpuinfo has: by `processor : N`, on s390x by `cpu number : N`.
pub(crate) fn stanzas(text: &[u8]) -> usize {
    let is_first = |line: &[u8]| {
        let mut halves = line.splitn(2, |&byte| byte == b':');
        let name = halves.next().unwrap_or_default().trim_ascii();
        let cpu = halves.next().and_then(|value| number(value.trim_ascii_start()));
        matches!(name, b"processor" | b"cpu number") && cpu.is_some_and(|cpu| u32::try_from(cpu).is_ok())
    };
    // A line that was cut off counts for nothing.
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    lines(&text[..whole]).filter(|line| is_first(line)).count()
}

pub(crate) fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
