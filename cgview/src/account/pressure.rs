//! Pressure stall information of one cgroup: v2 only, also in the unified tree of a hybrid machine.

use super::Scope;
use crate::error::Error;
use crate::level::{Level, Reader};
use crate::parse;
use crate::source::{CgroupFile, Source};
use crate::units::Microseconds;

/// What tasks wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Resource {
    /// A CPU.
    Cpu,
    /// Memory: reclaim, refault, swap.
    Memory,
    /// Block devices.
    Io,
    /// Interrupt handlers. Linux 6.1 and later, with only the `full` line.
    Irq,
}

impl Resource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Memory, Self::Io, Self::Irq];

    const fn file(self) -> CgroupFile {
        match self {
            Self::Cpu => CgroupFile::CpuPressure,
            Self::Memory => CgroupFile::MemoryPressure,
            Self::Io => CgroupFile::IoPressure,
            Self::Irq => CgroupFile::IrqPressure,
        }
    }
}

/// One line of a pressure file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Stall {
    /// Share of the last 10 seconds, in hundredths of a percent.
    pub avg10_centipercent: u64,
    /// Share of the last minute, in hundredths of a percent.
    pub avg60_centipercent: u64,
    /// Share of the last five minutes, in hundredths of a percent.
    pub avg300_centipercent: u64,
    /// Time stalled since the cgroup was made.
    #[cfg_attr(feature = "serde", serde(rename = "total_us"))]
    pub total: Microseconds,
}

/// One pressure file: some tasks stalled, all tasks stalled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Pressure {
    /// At least one task waited.
    pub some: Option<Stall>,
    /// Every task that was not idle waited.
    pub full: Option<Stall>,
}

impl Pressure {
    /// `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, then `full ...`. `None` if neither line is there.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut pressure = Self::default();
        for line in parse::lines(text) {
            let mut words = parse::words(line);
            let place = match words.next() {
                Some(b"some") => &mut pressure.some,
                Some(b"full") => &mut pressure.full,
                _ => continue,
            };
            let mut stall = Stall::default();
            for word in words {
                let (key, value) = word.split_at(word.iter().position(|&byte| byte == b'=')?);
                let value = value.get(1..)?;
                match key {
                    b"avg10" => stall.avg10_centipercent = parse::hundredths(value)?,
                    b"avg60" => stall.avg60_centipercent = parse::hundredths(value)?,
                    b"avg300" => stall.avg300_centipercent = parse::hundredths(value)?,
                    b"total" => stall.total = Microseconds(parse::number(value)?),
                    _ => {}
                }
            }
            *place = Some(stall);
        }
        (pressure != Self::default()).then_some(pressure)
    }
}

/// The pressure files of a container, as the kernel wrote them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pressures {
    cpu: (Scope, Vec<u8>),
    memory: (Scope, Vec<u8>),
    io: (Scope, Vec<u8>),
    irq: (Scope, Vec<u8>),
}

impl Pressures {
    /// Reads one file. The root cgroup has none: the machine's own is its.
    pub(crate) fn read<S: Source>(
        &mut self,
        own: Option<&mut Level<S::Cgroup>>,
        reader: &mut Reader<'_, S>,
        resource: Resource,
        is_machine: bool,
    ) -> Result<(), Error> {
        let (scope, kept) = match resource {
            Resource::Cpu => &mut self.cpu,
            Resource::Memory => &mut self.memory,
            Resource::Io => &mut self.io,
            Resource::Irq => &mut self.irq,
        };
        *scope = if is_machine { Scope::Machine } else { Scope::Absent };
        kept.clear();
        let Some(own) = own else { return Ok(()) };
        if own.root {
            *scope = Scope::Machine;
            return Ok(());
        }
        let Some(text) = reader.text(own, resource.file())? else { return Ok(()) };
        if Pressure::parse(text).is_none() {
            return Err(reader.malformed(own, resource.file()));
        }
        kept.extend_from_slice(text);
        *scope = Scope::Cgroup { up: 0 };
        Ok(())
    }

    pub(crate) fn text(&self, resource: Resource) -> (Scope, &[u8]) {
        let (scope, text) = match resource {
            Resource::Cpu => &self.cpu,
            Resource::Memory => &self.memory,
            Resource::Io => &self.io,
            Resource::Irq => &self.irq,
        };
        (*scope, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lines_or_one() {
        let text = b"some avg10=18.81 avg60=15.89 avg300=4.91 total=15910689\nfull avg10=0.05 avg60=0.00 avg300=0.00 total=7\n";
        let pressure = Pressure::parse(text).unwrap();
        assert_eq!(pressure.some.unwrap().avg10_centipercent, 1881);
        assert_eq!(pressure.full.unwrap().avg10_centipercent, 5);
        assert_eq!(pressure.full.unwrap().total, Microseconds(7));
        let irq = Pressure::parse(b"full avg10=0.00 avg60=0.00 avg300=0.00 total=9\n").unwrap();
        assert_eq!((irq.some, irq.full.unwrap().total), (None, Microseconds(9)));
        assert_eq!(Pressure::parse(b"some avg10=x\n"), None);
        assert_eq!(Pressure::parse(b""), None);
    }
}
