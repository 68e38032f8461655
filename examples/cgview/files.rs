//! The FILE argument.

use crate::view::Failure;
use cgview::ProcFile;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use std::ffi::OsStr;

/// Takes any name, and lets help and completion list those that mean something. A file that is not served is
/// no wrong usage: it may well be there on the real machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FileName;

impl TypedValueParser for FileName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(
            ProcFile::ALL.into_iter().map(|file| PossibleValue::new(file.path()).help(contents(file))),
        ))
    }
}

/// The file of a name.
pub(crate) fn find(name: &str) -> Result<ProcFile, Failure> {
    ProcFile::by_path(name).ok_or_else(|| {
        let end = format!("/{}", name.trim_matches('/'));
        let meant = ProcFile::ALL.into_iter().find(|file| file.path().ends_with(&end));
        Failure::NotServed { name: name.to_owned(), meant }
    })
}

const fn contents(file: ProcFile) -> &'static str {
    match file {
        ProcFile::Meminfo => "memory and swap: limits and use",
        ProcFile::Stat => "CPU time used, in ticks",
        ProcFile::Cpuinfo => "the CPUs that it may use",
        ProcFile::Uptime => "its age, and the idle time of its CPUs",
        ProcFile::Loadavg => "tasks that run or wait for a disk",
        ProcFile::Diskstats => "traffic of each disk that it touched",
        ProcFile::Swaps => "its swap as one device",
        ProcFile::Vmstat => "memory in pages, faults, reclaim",
        ProcFile::Slabinfo => "kernel memory by kind",
        ProcFile::PressureCpu => "time lost waiting for a CPU",
        ProcFile::PressureMemory => "time lost waiting for memory",
        ProcFile::PressureIo => "time lost waiting for disks",
        ProcFile::PressureIrq => "time lost to interrupts",
        ProcFile::CpuOnline | ProcFile::CpuPresent | ProcFile::CpuPossible => "the numbers of its CPUs",
        ProcFile::CpuOffline => "the CPUs that are off: none",
        ProcFile::CpuKernelMax => "the highest CPU number that the kernel knows",
        ProcFile::CpuDirectories => "the names of the directories cpu0, cpu1, ...",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_says_what_it_holds() {
        for file in ProcFile::ALL {
            assert_ne!(contents(file), "", "{}", file.path());
        }
    }

    #[test]
    fn the_last_part_of_a_name_is_recognised() {
        let meant = |name| find(name).unwrap_err().to_string();
        assert_eq!(meant("meminfo"), "meminfo is not served: did you mean proc/meminfo?");
        assert_eq!(
            meant("/cpu/online"),
            "/cpu/online is not served: did you mean sys/devices/system/cpu/online?"
        );
        assert_eq!(meant("info"), "info is not served: `cgview show --help` lists the files that are");
        assert_eq!(find("/proc/stat").unwrap(), ProcFile::Stat);
    }
}
