//! Every choice on which people disagree, in one struct with a documented default for each.

use crate::error::Error;

/// What to show where there is more than one defensible answer.
///
/// ```
/// use cgview::policy::{CpuCount, Policy};
///
/// let mut policy = Policy::default();
/// policy.cpu_count = CpuCount::Cpuset;
/// assert_eq!("cpu=cpuset".parse::<Policy>()?, policy);
/// assert_eq!("lxcfs".parse::<Policy>()?, Policy::lxcfs());
/// # Ok::<(), cgview::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How many CPUs the container has.
    pub cpu_count: CpuCount,
    /// What the CPUs are called.
    pub numbering: Numbering,
    /// How much swap the container has.
    pub swap: Swap,
    /// What a line shows that the cgroup says nothing about.
    pub missing: Missing,
    /// The `steal` column of `/proc/stat`.
    pub steal: Steal,
    /// The `btime` line of `/proc/stat`.
    pub boot_time: BootTime,
    /// The lines of `/proc/stat` that count what the whole machine did: `intr`, `ctxt`, `processes`, `softirq`.
    pub activity: Activity,
}

/// How many CPUs the container has. Never more than its cpuset, never fewer than one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CpuCount {
    /// Those of the effective cpuset, whatever the quota (`cpu=cpuset`).
    Cpuset,
    /// The cpuset, capped by the quota rounded up: 1.5 CPUs are shown as 2 (`cpu=quota`, the default).
    #[default]
    QuotaUp,
    /// The cpuset, capped by the quota rounded down: 1.5 CPUs are shown as 1 (`cpu=quota-down`).
    QuotaDown,
    /// The cpuset, capped by the CPU weight: one for each 1024 `cpu.shares` (v1) or each 100 of `cpu.weight`
    /// (v2), which are the kernel's own units of one CPU's worth, rounded up (`cpu=shares`).
    Shares,
}

/// What the CPUs are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Numbering {
    /// 0 to n-1, the same in every file (`numbering=sequential`, the default).
    #[default]
    Sequential,
    /// By the numbers they have on the machine, the same in every file (`numbering=physical`).
    Physical,
    /// As lxcfs: 0 to n-1 in `cpuinfo`, the machine's numbers in `stat` and `online`
    /// (`numbering=lxcfs`).
    Lxcfs,
}

/// How much swap the container has. On v2 only [`Swap::Off`] makes a difference: there the kernel's own limit
/// is of swap alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Swap {
    /// What it may swap: v1's limit of memory and swap together less its limit of memory
    /// (`swap=separate`, the default).
    #[default]
    Separate,
    /// As lxcfs on v1: the limit of memory and swap together, as all of it might be swapped; with a
    /// swappiness of 0, what is in use (`swap=lxcfs`).
    Lxcfs,
    /// None (`swap=off`).
    Off,
}

/// What a line shows that the cgroup says nothing about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// The machine's value for what is a constant of the machine (`Hugepagesize`), 0 for use that is not known
    /// for each cgroup (`missing=zero`, the default).
    #[default]
    Zero,
    /// The machine's value for everything, as lxcfs for most of it (`missing=host`). Shows containers each
    /// other's activity.
    Host,
}

/// The `steal` column of `/proc/stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Steal {
    /// The time for which the quota held the container back (`steal=throttled`, the default).
    #[default]
    Throttled,
    /// 0 (`steal=zero`).
    Zero,
}

/// The `btime` line of `/proc/stat`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BootTime {
    /// The machine's: the start times in `/proc/PID/stat` count from it (`btime=host`, the default).
    #[default]
    Host,
    /// The moment at which the container's init started (`btime=container`).
    Container,
}

/// The lines of `/proc/stat` that count what the whole machine did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activity {
    /// The same lines and columns with zeros (`activity=zero`, the default).
    #[default]
    Zero,
    /// The machine's (`activity=host`).
    Host,
}

impl Policy {
    /// The choices that lxcfs makes when it is started without options.
    ///
    /// The choices only: where lxcfs is wrong (counts that wrap below zero, keys it fails to find, the
    /// machine's figures on v2), this preset is not.
    #[must_use]
    pub const fn lxcfs() -> Self {
        Self {
            cpu_count: CpuCount::Cpuset,
            numbering: Numbering::Lxcfs,
            swap: Swap::Lxcfs,
            missing: Missing::Host,
            steal: Steal::Zero,
            boot_time: BootTime::Host,
            activity: Activity::Host,
        }
    }

    /// Every word that [`str::parse`] understands, for help texts.
    pub const WORDS: &'static str = "default, lxcfs, cpu={cpuset|quota|quota-down|shares}, \
        numbering={sequential|physical|lxcfs}, swap={separate|lxcfs|off}, missing={zero|host}, \
        steal={throttled|zero}, btime={host|container}, activity={zero|host}; several with commas";
}

impl std::str::FromStr for Policy {
    type Err = Error;

    /// Words separated by commas, the later ones over the earlier: `lxcfs,cpu=quota`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut policy = Self::default();
        for word in text.split(',').map(str::trim) {
            match word {
                "default" => policy = Self::default(),
                "lxcfs" => policy = Self::lxcfs(),
                "cpu=cpuset" => policy.cpu_count = CpuCount::Cpuset,
                "cpu=quota" => policy.cpu_count = CpuCount::QuotaUp,
                "cpu=quota-down" => policy.cpu_count = CpuCount::QuotaDown,
                "cpu=shares" => policy.cpu_count = CpuCount::Shares,
                "numbering=sequential" => policy.numbering = Numbering::Sequential,
                "numbering=physical" => policy.numbering = Numbering::Physical,
                "numbering=lxcfs" => policy.numbering = Numbering::Lxcfs,
                "swap=separate" => policy.swap = Swap::Separate,
                "swap=lxcfs" => policy.swap = Swap::Lxcfs,
                "swap=off" => policy.swap = Swap::Off,
                "missing=zero" => policy.missing = Missing::Zero,
                "missing=host" => policy.missing = Missing::Host,
                "steal=throttled" => policy.steal = Steal::Throttled,
                "steal=zero" => policy.steal = Steal::Zero,
                "btime=host" => policy.boot_time = BootTime::Host,
                "btime=container" => policy.boot_time = BootTime::Container,
                "activity=zero" => policy.activity = Activity::Zero,
                "activity=host" => policy.activity = Activity::Host,
                _ => return Err(Error::Policy { given: word.to_owned(), expected: Self::WORDS }),
            }
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_words_win() {
        let policy: Policy = "lxcfs, cpu=quota-down".parse().unwrap();
        assert_eq!(policy, Policy { cpu_count: CpuCount::QuotaDown, ..Policy::lxcfs() });
        let error = "cpu=many".parse::<Policy>().unwrap_err().to_string();
        assert!(error.starts_with("unknown policy \"cpu=many\": default, lxcfs, cpu={"), "{error}");
    }

    #[test]
    fn every_documented_word_is_understood() {
        let words = Policy::WORDS.split(';').next().unwrap();
        for word in words.split(", ") {
            match word.trim().split_once("={") {
                None => _ = word.trim().parse::<Policy>().unwrap(),
                Some((key, values)) => {
                    for value in values.trim_end_matches('}').split('|') {
                        format!("{key}={value}").parse::<Policy>().unwrap();
                    }
                }
            }
        }
    }
}
