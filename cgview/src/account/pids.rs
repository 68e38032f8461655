//! `pids`: how many tasks there are, and may be.

use super::Scope;
use crate::error::Error;
use crate::level::{Level, Reader};
use crate::source::{CgroupFile, Source};
use std::ops::ControlFlow;

/// The account of a container's tasks, by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pids {
    pub(crate) scope: Scope,
    /// `pids.current`
    pub(crate) current: Option<u64>,
    /// The tightest `pids.max` of the container and its ancestors; `u64::MAX` for none.
    pub(crate) limit: Option<u64>,
}

impl Pids {
    /// Reads the account; with `limits` also what the ancestors allow.
    pub(crate) fn read<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        limits: bool,
    ) -> Result<(), Error> {
        *self = Self::default();
        own.climb(|up, level| {
            if level.root {
                if self.current.is_none() {
                    self.scope = Scope::Machine;
                }
                return Ok(ControlFlow::Break(()));
            }
            if self.current.is_none() {
                self.current = reader.value(level, CgroupFile::PidsCurrent)?;
                if self.current.is_none() {
                    return Ok(ControlFlow::Continue(()));
                }
                self.scope = Scope::Cgroup { up };
            }
            if !limits {
                return Ok(ControlFlow::Break(()));
            }
            if let Some(limit) = reader.value(level, CgroupFile::PidsMax)? {
                self.limit = Some(self.limit.map_or(limit, |tightest| tightest.min(limit)));
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}
