//! One cgroup of a chain: a container's own, or an ancestor that it shares with others.

use crate::account::Scope;
use crate::account::cpu::Quota;
use crate::account::cpuset::CpuList;
use crate::account::memory::{LevelUse, Limits};
use crate::error::{Error, Fault};
use crate::hierarchy::Version;
use crate::parse;
use crate::source::{CgroupFile, Source};
use crate::units::Nanoseconds;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// An ancestor. Containers below the same one share it, so that a sweep over all of them reads it once.
pub(crate) type Shared<D> = Arc<Mutex<Level<D>>>;

/// A cgroup in one hierarchy, with what was last read of it.
#[derive(Debug)]
pub(crate) struct Level<D> {
    pub(crate) cgroup: D,
    pub(crate) parent: Option<Shared<D>>,
    notes: Option<Box<Notes>>,
    pub(crate) version: Version,
    /// The hierarchy's true root: what it has is what the machine has.
    pub(crate) root: bool,
    /// A container's own, of which nothing is noted within a sweep: its accounts are held anyway.
    own: bool,
}

/// What is noted.
#[derive(Debug, Default)]
struct Notes {
    limits: Remembered<Limits>,
    used: Remembered<LevelUse>,
    quota: Remembered<Option<Quota>>,
    cpus: (u64, CpuList),
}

impl<D> Level<D> {
    pub(crate) const fn new(cgroup: D, version: Version, own: bool) -> Self {
        Self { cgroup, parent: None, notes: None, version, root: false, own }
    }

    /// Its limits, if they are known.
    pub(crate) fn known_limits(&self, moment: &Moment) -> Option<Limits> {
        self.notes.as_ref()?.limits.of_limits(moment)
    }

    pub(crate) fn note_limits(&mut self, moment: &Moment, watched: bool, limits: Limits) -> Limits {
        if !self.own || watched || moment.limits_max_age > Nanoseconds::ZERO {
            self.notes.get_or_insert_default().limits.note(moment, watched, limits);
        }
        limits
    }

    /// Its use, if it was read in this sweep.
    pub(crate) fn known_use(&self, moment: &Moment) -> Option<LevelUse> {
        self.notes.as_ref()?.used.of_sweep(moment)
    }

    pub(crate) fn note_use(&mut self, moment: &Moment, used: LevelUse) -> LevelUse {
        if !self.own {
            self.notes.get_or_insert_default().used.note(moment, false, used);
        }
        used
    }

    /// Its quota, or that it has none, if that is known.
    pub(crate) fn known_quota(&self, moment: &Moment) -> Option<Option<Quota>> {
        self.notes.as_ref()?.quota.of_limits(moment)
    }

    /// A container's own is noted with its CPUs.
    pub(crate) fn note_quota(
        &mut self,
        moment: &Moment,
        watched: bool,
        quota: Option<Quota>,
    ) -> Option<Quota> {
        if !self.own {
            self.notes.get_or_insert_default().quota.note(moment, watched, quota);
        }
        quota
    }

    /// Takes down the CPUs that the kernel grants an ancestor. True if it was granted others before.
    pub(crate) fn note_cpus(&mut self, moment: &Moment, cpus: &CpuList) -> bool {
        let (sweep, known) = &mut self.notes.get_or_insert_default().cpus;
        let differ = *sweep > 0 && known != cpus;
        *sweep = moment.sweep;
        known.copy(cpus);
        differ
    }

    /// Whether they were asked for in this sweep.
    pub(crate) fn knows_cpus(&self, moment: &Moment) -> bool {
        self.notes.as_ref().is_some_and(|notes| notes.cpus.0 == moment.sweep)
    }

    /// Looks for an account in this cgroup, then upwards, until one is found, and says whose it is.
    pub(crate) fn nearest(
        &mut self,
        mut found: impl FnMut(&mut Self) -> Result<bool, Error>,
    ) -> Result<Scope, Error> {
        let mut scope = Scope::Absent;
        self.climb(|up, level| {
            let is_here = found(level)?;
            if level.root {
                scope = Scope::Machine;
            } else if is_here {
                scope = Scope::Cgroup { up };
            } else {
                return Ok(ControlFlow::Continue(()));
            }
            Ok(ControlFlow::Break(()))
        })?;
        Ok(scope)
    }

    /// Visits this cgroup and its ancestors upwards, each with its distance, until told to stop.
    pub(crate) fn climb(
        &mut self,
        mut visit: impl FnMut(u32, &mut Self) -> Result<ControlFlow<()>, Error>,
    ) -> Result<(), Error> {
        if visit(0, self)?.is_break() {
            return Ok(());
        }
        let mut above = self.parent.clone();
        let mut up = 1;
        while let Some(shared) = above {
            // A panic elsewhere leaves at worst an old reading behind, never a broken one.
            let mut level = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if visit(up, &mut level)?.is_break() {
                return Ok(());
            }
            above = level.parent.clone();
            up += 1;
        }
        Ok(())
    }
}

/// When a reading is made: the sweep it belongs to, and the time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    /// Counts up; what was read in the same sweep is not read again.
    pub(crate) sweep: u64,
    /// Time since the machine's boot.
    pub(crate) now: Nanoseconds,
    /// How old a limit may be.
    pub(crate) limits_max_age: Nanoseconds,
    /// Counts the changes of watched limits; 0 if none are watched.
    pub(crate) changes: u64,
    /// By how much the first reading of the container at hand counts as older than it is, so that not all of
    /// them are old in the same sweep.
    pub(crate) head_start: Nanoseconds,
}

/// Watched limits are read again after this time nevertheless, should the kernel change them by itself.
const WATCHED_MAX_AGE: Nanoseconds = Nanoseconds(60_000_000_000);

impl Moment {
    /// Whether limits may be older than the sweep, so that it matters when they were read.
    pub(crate) const fn remembers_limits(&self) -> bool {
        self.is_watching() || self.limits_max_age.0 > 0
    }

    pub(crate) const fn is_watching(&self) -> bool {
        self.changes > 0
    }

    /// Gives each container another head start.
    pub(crate) const fn begin(&mut self, container: u64) {
        const STEPS: u64 = 64;
        let age = if self.is_watching() { WATCHED_MAX_AGE } else { self.limits_max_age };
        self.head_start = Nanoseconds(age.0 / STEPS * (container % STEPS));
    }

    /// Whether a limit read then need not be read again.
    pub(crate) const fn trusts(&self, read: &ReadAt) -> bool {
        let age = self.now.minus(read.at);
        let unchanged = self.is_watching() && read.changes == self.changes && age.0 < WATCHED_MAX_AGE.0;
        read.sweep == self.sweep || age.0 < self.limits_max_age.0 || unchanged
    }

    /// Something is read now that was read before, or not.
    pub(crate) const fn reading(&self, watched: bool, again: bool) -> ReadAt {
        let at = if again { self.now } else { self.now.minus(self.head_start) };
        ReadAt { sweep: self.sweep, at, changes: if watched { self.changes } else { 0 } }
    }
}

/// When something was read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReadAt {
    sweep: u64,
    at: Nanoseconds,
    /// The changes of watched limits until then; 0 if it is not watched.
    changes: u64,
}

/// Something that was read at some moment.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Option<(ReadAt, T)>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy> Remembered<T> {
    /// The value, if it was read in this sweep.
    fn of_sweep(&self, moment: &Moment) -> Option<T> {
        self.0.filter(|(read, _)| read.sweep == moment.sweep).map(|(_, value)| value)
    }

    /// The value, if it was read in this sweep or holds still.
    fn of_limits(&self, moment: &Moment) -> Option<T> {
        self.0.filter(|(read, _)| moment.trusts(read)).map(|(_, value)| value)
    }

    const fn note(&mut self, moment: &Moment, watched: bool, value: T) {
        self.0 = Some((moment.reading(watched, self.0.is_some()), value));
    }
}

/// Reads cgroup files through one reused buffer and turns refusals into errors that name the file.
#[derive(Debug)]
pub(crate) struct Reader<'a, S> {
    pub(crate) source: &'a mut S,
    pub(crate) buffer: &'a mut Vec<u8>,
    pub(crate) moment: Moment,
}

impl<S: Source> Reader<'_, S> {
    /// Watches a cgroup and all above it, where limits are watched. True if none of them can be written
    /// unnoticed, which takes the true root: above that of a namespace may be more. To be asked before the limits
    /// are read.
    pub(crate) fn watches(&mut self, level: &mut Level<S::Cgroup>) -> bool {
        if !self.moment.is_watching() {
            return false;
        }
        let mut all = true;
        let mut reached_root = false;
        // Its visitor cannot fail.
        _ = level.climb(|_, level| {
            all = all && self.source.watch(&mut level.cgroup);
            reached_root = level.root;
            Ok(if all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        all && reached_root
    }

    /// The text of a file; `None` if the cgroup has no such file or the file does not apply.
    pub(crate) fn text(
        &mut self,
        level: &mut Level<S::Cgroup>,
        file: CgroupFile,
    ) -> Result<Option<&[u8]>, Error> {
        match self.source.read(&mut level.cgroup, file, self.buffer) {
            Ok(()) => Ok(Some(self.buffer.as_slice())),
            Err(Fault::Absent | Fault::Unsupported) => Ok(None),
            Err(Fault::Gone) => Err(Error::CgroupGone { path: format!("/{}", S::path_of(&level.cgroup)) }),
            Err(cause) => Err(Error::Read { path: self.source.name_of(&level.cgroup, file), cause }),
        }
    }

    /// The number in a single-value file, `u64::MAX` for `max`.
    pub(crate) fn value(
        &mut self,
        level: &mut Level<S::Cgroup>,
        file: CgroupFile,
    ) -> Result<Option<u64>, Error> {
        let Some(text) = self.text(level, file)? else { return Ok(None) };
        match parse::single_value(text) {
            Some(value) => Ok(Some(value)),
            None => Err(self.malformed(level, file)),
        }
    }

    /// The error for a file that is needed and is not there.
    pub(crate) fn missing(&self, level: &Level<S::Cgroup>, file: CgroupFile) -> Error {
        Error::Missing { path: self.source.name_of(&level.cgroup, file) }
    }

    /// The error for what was read last.
    pub(crate) fn malformed(&self, level: &Level<S::Cgroup>, file: CgroupFile) -> Error {
        Error::malformed(self.source.name_of(&level.cgroup, file), self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_many_containers_grow_old_one_after_the_other() {
        let seconds = |seconds: u64| Nanoseconds(seconds * 1_000_000_000);
        let mut moment = Moment { sweep: 1, limits_max_age: seconds(64), ..Moment::default() };
        let mut read: Vec<ReadAt> = Vec::new();
        for container in 0..640 {
            moment.now = seconds(1000);
            moment.begin(container);
            read.push(moment.reading(false, false));
        }
        for second in 1001..1200 {
            (moment.sweep, moment.now) = (second, seconds(second));
            let mut old = 0;
            for read in read.iter_mut().filter(|read| !moment.trusts(read)) {
                *read = moment.reading(false, true);
                old += 1;
            }
            assert_eq!(old, 10, "{second}");
        }
    }
}
