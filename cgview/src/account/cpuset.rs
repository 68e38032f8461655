//! `cpuset`: which CPUs a container may run on.

use crate::error::Error;
use crate::hierarchy::Version;
use crate::level::{Level, Reader};
use crate::parse;
use crate::source::{CgroupFile, Source};
use crate::text::Text;
use std::ops::ControlFlow;

/// A set of CPUs as ranges in ascending order, none touching another: `0-2,5`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CpuList {
    ranges: Vec<(u32, u32)>,
}

/// No kernel has more CPUs than this; what goes beyond is no CPU number.
const MOST_CPUS: u32 = 1 << 16;

impl CpuList {
    /// Replaces the list by what a text says. False, and an empty list, if the text is no list.
    pub(crate) fn set(&mut self, text: &[u8]) -> bool {
        self.ranges.clear();
        let text = parse::trim(text);
        if text.is_empty() {
            return true;
        }
        for part in text.split(|&byte| byte == b',') {
            let (first, last) = match part.iter().position(|&byte| byte == b'-') {
                None => (part, part),
                Some(dash) => {
                    let (first, last) = part.split_at(dash);
                    (first, last.get(1..).unwrap_or_default())
                }
            };
            let bound = |digits| parse::number(digits).and_then(|number| u32::try_from(number).ok());
            match (bound(first), bound(last)) {
                (Some(first), Some(last)) if first <= last && last < MOST_CPUS => {
                    self.ranges.push((first, last));
                }
                _ => {
                    self.ranges.clear();
                    return false;
                }
            }
        }
        self.tidy();
        true
    }

    /// The list 0 to count-1.
    pub(crate) fn set_first(&mut self, count: u32) {
        self.ranges.clear();
        self.ranges.extend(count.checked_sub(1).map(|last| (0, last)));
    }

    /// Copies another list into this one's memory.
    pub(crate) fn copy(&mut self, other: &Self) {
        self.ranges.clone_from(&other.ranges);
    }

    fn tidy(&mut self) {
        self.ranges.sort_unstable();
        self.ranges.dedup_by(|next, kept| {
            let joins = next.0 <= kept.1.saturating_add(1);
            if joins {
                kept.1 = kept.1.max(next.1);
            }
            joins
        });
    }

    /// Takes away the CPUs that the other list does not have.
    pub(crate) fn restrict(&mut self, other: &Self) {
        // Both are in order. The new ranges are put behind the old ones, which then go: no memory is needed once
        // warm.
        let old = self.ranges.len();
        let (mut mine, mut theirs) = (0, 0);
        while mine < old
            && let (Some(&(first, last)), Some(&(low, high))) =
                (self.ranges.get(mine), other.ranges.get(theirs))
        {
            if first.max(low) <= last.min(high) {
                self.ranges.push((first.max(low), last.min(high)));
            }
            if last <= high { mine += 1 } else { theirs += 1 }
        }
        self.ranges.drain(..old);
    }

    /// Keeps the first `count` CPUs only.
    pub(crate) fn truncate(&mut self, count: u32) {
        let mut left = count;
        self.ranges.retain_mut(|range| {
            if left == 0 {
                return false;
            }
            range.1 = range.1.min(range.0.saturating_add(left - 1));
            left -= range.1 - range.0 + 1;
            true
        });
    }

    /// The number of CPUs.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.ranges.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The CPUs in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.ranges.iter().flat_map(|&(first, last)| first..=last)
    }

    /// How many of them come before a CPU that is among them.
    #[must_use]
    pub fn position(&self, cpu: u32) -> Option<u32> {
        let mut before = 0;
        for &(first, last) in &self.ranges {
            if (first..=last).contains(&cpu) {
                return Some(before + cpu - first);
            }
            before += last - first + 1;
        }
        None
    }

    /// Whether a CPU is among them.
    #[must_use]
    pub fn contains(&self, cpu: u32) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&cpu))
    }

    /// In the kernel's list format, without a newline.
    pub(crate) fn write(&self, text: &mut Text) {
        for (index, &(first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                text.byte(b',');
            }
            text.decimal(u64::from(first));
            if last > first {
                text.byte(b'-');
                text.decimal(u64::from(last));
            }
        }
    }
}

/// Finds the effective CPUs: of the nearest level that says any. Leaves the list empty if none does.
pub(crate) fn read<S: Source>(
    own: &mut Level<S::Cgroup>,
    reader: &mut Reader<'_, S>,
    cpus: &mut CpuList,
) -> Result<(), Error> {
    cpus.ranges.clear();
    own.climb(|_, level| {
        if level.root {
            return Ok(ControlFlow::Break(()));
        }
        // `cpuset.cpus` is what was asked for, the other what the kernel grants; old kernels have only the
        // first. An empty one means "as the parent".
        for file in [effective_file(level.version), CgroupFile::CpusetCpus] {
            let Some(text) = reader.text(level, file)? else { continue };
            if !cpus.set(text) {
                return Err(reader.malformed(level, file));
            }
            if !cpus.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// What the kernel grants this cgroup, the root included, or the nearest above that says. Changes of it are the
/// only way in which the CPUs of the cgroups below change without a write to these or to what is above them: by
/// CPUs that come and go, and by siblings that take CPUs for themselves.
pub(crate) fn granted<S: Source>(
    level: &mut Level<S::Cgroup>,
    reader: &mut Reader<'_, S>,
    cpus: &mut CpuList,
) -> Result<(), Error> {
    cpus.ranges.clear();
    level.climb(|_, level| {
        let Some(text) = reader.text(level, effective_file(level.version))? else {
            return Ok(ControlFlow::Continue(()));
        };
        // What is no list is found out where it is shown.
        _ = cpus.set(text);
        Ok(ControlFlow::Break(()))
    })
}

const fn effective_file(version: Version) -> CgroupFile {
    match version {
        Version::V1 => CgroupFile::CpusetEffectiveCpus,
        Version::V2 => CgroupFile::CpusetCpusEffective,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> CpuList {
        let mut list = CpuList::default();
        assert!(list.set(text.as_bytes()), "{text}");
        list
    }

    fn shown(list: &CpuList) -> String {
        let mut text = Text::new();
        list.write(&mut text);
        String::from_utf8(text.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn lists_are_read_and_written_as_the_kernel_does() {
        for text in ["", "0", "0-3", "1,4-5", "0-1,63,255"] {
            assert_eq!(shown(&list(text)), text);
        }
        assert_eq!(shown(&list("5,1-2,3,2-4\n")), "1-5");
        assert_eq!(list("\n").count(), 0);
        assert_eq!(list("1,4-5").iter().collect::<Vec<_>>(), [1, 4, 5]);
        assert!(list("1-3,5").contains(3) && !list("1-3,5").contains(4));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in ["a", "1-", "-1", "3-1", "1,,2", "0-4294967295", "99999999999", "1;2"] {
            assert!(!CpuList::default().set(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn sets_are_cut_to_others_and_to_a_count() {
        let mut cpus = list("0-2,5,8-9");
        cpus.restrict(&list("1-8"));
        assert_eq!(shown(&cpus), "1-2,5,8");
        cpus.restrict(&list("2,5-9"));
        assert_eq!(shown(&cpus), "2,5,8");
        cpus.truncate(2);
        assert_eq!(shown(&cpus), "2,5");
        cpus.truncate(0);
        assert!(cpus.is_empty());
    }
}
