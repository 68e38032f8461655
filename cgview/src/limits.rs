//! How many CPUs a container sees, and which.

use crate::account::cpu::Cpu;
use crate::account::cpuset::CpuList;
use crate::policy::{CpuCount, Policy};

/// Chooses the CPUs: those of the cpuset that are online, as many as the policy counts, at least one.
pub(crate) fn visible_cpus(
    cpuset: &mut CpuList,
    cpus: &mut CpuList,
    online: &CpuList,
    cpu: &Cpu,
    policy: &Policy,
) {
    if cpuset.is_empty() {
        cpuset.copy(online);
    } else {
        cpuset.restrict(online);
        // A cpuset of CPUs that are all offline: the kernel lets its tasks run anywhere.
        if cpuset.is_empty() {
            cpuset.copy(online);
        }
    }
    let granted = match policy.cpu_count {
        CpuCount::Cpuset => None,
        CpuCount::QuotaUp => cpu.quota.map(|(quota, _)| quota.cpus_up()),
        CpuCount::QuotaDown => cpu.quota.map(|(quota, _)| quota.cpus_down()),
        CpuCount::Shares => {
            let of_shares = cpu.shares.map(|shares| shares.div_ceil(1024));
            of_shares.or_else(|| cpu.weight.map(|weight| weight.div_ceil(100)))
        }
    };
    cpus.copy(cpuset);
    if let Some(granted) = granted {
        cpus.truncate(u32::try_from(granted.max(1)).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::cpu::Quota;

    fn count(cpuset: &str, quota: Option<u64>, policy: &str) -> u32 {
        let (mut set, mut cpus, mut online) = (CpuList::default(), CpuList::default(), CpuList::default());
        assert!(set.set(cpuset.as_bytes()) && online.set(b"0-7"));
        let quota = quota.map(|percent| (Quota(percent * 10_000_000), 0));
        let cpu = Cpu { quota, shares: Some(1500), ..Cpu::default() };
        visible_cpus(&mut set, &mut cpus, &online, &cpu, &policy.parse().unwrap());
        cpus.count()
    }

    #[test]
    fn the_cpuset_caps_and_the_policy_counts() {
        assert_eq!(count("1-2", Some(150), "cpu=quota"), 2);
        assert_eq!(count("1-2", Some(150), "cpu=quota-down"), 1);
        assert_eq!(count("1-2", Some(5), "cpu=quota-down"), 1);
        assert_eq!(count("1-2", Some(1600), "cpu=quota"), 2);
        assert_eq!(count("0-3", Some(5), "cpu=cpuset"), 4);
        assert_eq!(count("0-3", None, "cpu=shares"), 2);
        assert_eq!(count("", None, "cpu=quota"), 8);
        assert_eq!(count("6-9", None, "cpu=quota"), 2);
        assert_eq!(count("9-12", None, "cpu=quota"), 8);
    }
}
