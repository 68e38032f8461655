//! The same figures by the shortest way from the words of the documentation, in numbers that cannot overflow.

use super::numbers::{Memory, Numbers, Quota};
use super::support::trees::Shape;

impl Numbers {
    fn levels(&self) -> [&Memory; 2] {
        [&self.app, &self.pod]
    }

    /// The least limit of the container, its ancestors and the machine.
    pub(crate) fn total(&self) -> i128 {
        let limits = self.levels().into_iter().filter_map(|level| level.max).map(i128::from);
        limits.chain([i128::from(self.total_kib) * 1024]).min().unwrap_or(0)
    }

    /// The total less what is used.
    pub(crate) fn free(&self) -> i128 {
        (self.total() - i128::from(self.app.usage)).max(0)
    }

    /// The least that any level can still give, no more than the total and than the machine has.
    pub(crate) fn available(&self) -> i128 {
        let least = |level: &Memory, limit: i128| {
            let file = i128::from(level.active_file) + i128::from(level.inactive_file);
            let busy = i128::from(level.dirty) + i128::from(level.writeback);
            let slab = if self.shape == Shape::V2 { i128::from(level.reclaimable_slab) } else { 0 };
            limit - i128::from(level.usage) + (file - busy).max(0) + slab
        };
        let mut available = least(&self.app, self.total());
        for level in self.levels() {
            let high = level.high.filter(|_| self.shape == Shape::V2);
            for limit in [level.max, high].into_iter().flatten() {
                available = available.min(least(level, i128::from(limit)));
            }
        }
        let machine = self.available_kib.map_or(i128::MAX, |kib| i128::from(kib) * 1024);
        available.min(self.total()).min(machine).max(0)
    }

    /// Swap in total and in use, where the policy is the default.
    pub(crate) fn swap(&self) -> (i128, i128) {
        // Without swap nothing is swapped.
        if !self.accounts_swap || self.swap_total_kib == 0 {
            return (0, 0);
        }
        let machine = i128::from(self.swap_total_kib) * 1024;
        let used = i128::from(self.app.swap_usage);
        let limit = match self.shape {
            Shape::V2 => self.levels().into_iter().filter_map(|level| level.swap_max).map(i128::from).min(),
            // Memory and swap together, less the memory.
            Shape::V1 | Shape::Hybrid => {
                let memory = self.levels().into_iter().filter_map(|level| level.max).map(i128::from).min();
                self.both_limits().map(|both| (both - memory.unwrap_or(both)).max(0))
            }
        };
        (limit.map_or(machine, |limit| limit.min(machine)).max(used), used)
    }

    /// v1's least limit of memory and swap together.
    pub(crate) fn both_limits(&self) -> Option<i128> {
        let both = |level: &Memory| level.max.zip(level.swap_max).map(|(a, b)| i128::from(a) + i128::from(b));
        self.levels().into_iter().filter_map(both).min()
    }

    /// The CPUs of the cpuset that are online; all that are, if none is.
    pub(crate) fn allowed(&self) -> Vec<u32> {
        let both: Vec<u32> = self.cpuset.intersection(&self.online).copied().collect();
        if both.is_empty() { self.online.iter().copied().collect() } else { both }
    }

    /// How many CPUs the tightest quota pays for.
    pub(crate) fn paid(&self, round: fn(u64, u64) -> u64) -> Option<u64> {
        let paid = |quota: Quota| quota.map(|(quota, period)| round(quota, period));
        paid(self.app_quota).into_iter().chain(paid(self.pod_quota)).min()
    }
}
