//! The machine's own files, each read and taken apart once a sweep.

use super::Machine;
use crate::account::cpuset::CpuList;
use crate::error::Error;
use crate::host::cpuinfo::Cpuinfo;
use crate::host::meminfo::Meminfo;
use crate::host::stat::Stat;
use crate::host::vmstat::Vmstat;
use crate::source::{HostFile, Source};

/// The machine's files, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    pub(crate) meminfo: Meminfo,
    /// `None` if the text is no `/proc/stat`.
    pub(crate) stat: Option<Stat>,
    pub(crate) cpuinfo: Cpuinfo,
    pub(crate) vmstat: Vmstat,
    pub(crate) online: CpuList,
}

impl<S: Source> Machine<S> {
    pub(crate) fn meminfo(&mut self) -> Result<(), Error> {
        let is_new = self.host(HostFile::Meminfo);
        let text = self.hosts.text(HostFile::Meminfo)?;
        if is_new {
            self.templates.meminfo.parse(text);
        }
        // Said again at every read of the sweep.
        if self.templates.meminfo.lines.is_empty() { Err(self.malformed(HostFile::Meminfo)) } else { Ok(()) }
    }

    pub(super) fn vmstat(&mut self) -> Result<(), Error> {
        let is_new = self.host(HostFile::Vmstat);
        let text = self.hosts.text(HostFile::Vmstat)?;
        if is_new {
            self.templates.vmstat.parse(text);
        }
        if self.templates.vmstat.lines.is_empty() { Err(self.malformed(HostFile::Vmstat)) } else { Ok(()) }
    }

    pub(super) fn stat(&mut self) -> Result<Stat, Error> {
        let is_new = self.host(HostFile::Stat);
        let text = self.hosts.text(HostFile::Stat)?;
        if is_new {
            self.templates.stat = Stat::parse(text);
        }
        self.templates.stat.ok_or_else(|| self.malformed(HostFile::Stat))
    }

    pub(super) fn cpuinfo(&mut self) -> Result<(), Error> {
        let is_new = self.host(HostFile::Cpuinfo);
        let text = self.hosts.text(HostFile::Cpuinfo)?;
        if is_new {
            self.templates.cpuinfo.parse(text);
        }
        Ok(())
    }

    /// The CPUs that the machine runs on.
    pub(crate) fn online(&mut self) -> Result<(), Error> {
        let is_new = self.host(HostFile::CpuOnline);
        match self.hosts.text(HostFile::CpuOnline) {
            Ok(text) => {
                if is_new {
                    self.templates.online.set(text);
                }
                if self.templates.online.is_empty() {
                    return Err(self.malformed(HostFile::CpuOnline));
                }
            }
            // A tree without sysfs: as many as there are CPU lines.
            Err(Error::Missing { .. }) => {
                let cpus = self.stat()?.cpus.max(1);
                self.templates.online.set_first(cpus);
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn malformed(&self, file: HostFile) -> Error {
        Error::malformed(self.hosts.name(file), self.hosts.get(file).unwrap_or_default())
    }
}
