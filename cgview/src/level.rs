//! One cgroup of a chain: a container's own, or an ancestor that it shares with others.

use crate::account::Scope;
use crate::account::cpu::Quota;
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
}

impl<D> Level<D> {
    pub(crate) const fn new(cgroup: D, version: Version, own: bool) -> Self {
        Self { cgroup, parent: None, notes: None, version, root: false, own }
    }

    /// Its limits, if they are known.
    pub(crate) fn known_limits(&self, moment: &Moment) -> Option<Limits> {
        self.notes.as_ref()?.limits.of_limits(moment)
    }

    pub(crate) fn note_limits(&mut self, moment: &Moment, limits: Limits) -> Limits {
        if !self.own || moment.limits_max_age > Nanoseconds::ZERO {
            self.notes.get_or_insert_default().limits.note(moment, limits);
        }
        limits
    }

    /// Its use, if it was read in this sweep.
    pub(crate) fn known_use(&self, moment: &Moment) -> Option<LevelUse> {
        self.notes.as_ref()?.used.of_sweep(moment)
    }

    pub(crate) fn note_use(&mut self, moment: &Moment, used: LevelUse) -> LevelUse {
        if !self.own {
            self.notes.get_or_insert_default().used.note(moment, used);
        }
        used
    }

    /// Its quota, or that it has none, if that is known.
    pub(crate) fn known_quota(&self, moment: &Moment) -> Option<Option<Quota>> {
        self.notes.as_ref()?.quota.of_limits(moment)
    }

    /// A container's own is noted with its CPUs.
    pub(crate) fn note_quota(&mut self, moment: &Moment, quota: Option<Quota>) -> Option<Quota> {
        if !self.own {
            self.notes.get_or_insert_default().quota.note(moment, quota);
        }
        quota
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
}

/// Something that was read at some moment.
#[derive(Debug)]
pub(crate) struct Remembered<T>(Option<(u64, Nanoseconds, T)>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy> Remembered<T> {
    /// The value, if it was read in this sweep.
    fn of_sweep(&self, moment: &Moment) -> Option<T> {
        self.0.filter(|(sweep, ..)| *sweep == moment.sweep).map(|(.., value)| value)
    }

    /// The value, if it was read in this sweep or is young enough for a limit.
    pub(crate) fn of_limits(&self, moment: &Moment) -> Option<T> {
        let young = |at: Nanoseconds| moment.now.minus(at) < moment.limits_max_age;
        self.0.filter(|(sweep, at, _)| *sweep == moment.sweep || young(*at)).map(|(.., value)| value)
    }

    pub(crate) const fn note(&mut self, moment: &Moment, value: T) {
        self.0 = Some((moment.sweep, moment.now, value));
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
