//! `io` and `blkio`: traffic of each block device.

use super::Scope;
use crate::error::Error;
use crate::hierarchy::Version;
use crate::level::{Level, Reader};
use crate::parse;
use crate::source::{CgroupFile, Source};
use crate::units::{Bytes, Nanoseconds};
use std::ops::ControlFlow;

/// One direction of traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Traffic {
    /// Requests completed.
    pub operations: u64,
    /// What they moved.
    pub bytes: Bytes,
    /// Requests merged into others. Only v1's CFQ scheduler tells.
    pub merged: u64,
    /// Time in the queue and on the device. Only v1's CFQ scheduler tells.
    #[cfg_attr(feature = "serde", serde(rename = "time_ns"))]
    pub time: Nanoseconds,
}

impl Traffic {
    fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn plus(self, other: Self) -> Self {
        Self {
            operations: self.operations.saturating_add(other.operations),
            bytes: self.bytes.plus(other.bytes),
            merged: self.merged.saturating_add(other.merged),
            time: self.time.plus(other.time),
        }
    }
}

/// What a container did to one block device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DeviceIo {
    /// Device number.
    pub major: u32,
    /// Device number.
    pub minor: u32,
    /// From the device.
    pub read: Traffic,
    /// To the device.
    pub write: Traffic,
    /// Given back to it (`TRIM`).
    pub discard: Traffic,
}

impl DeviceIo {
    const fn key(&self) -> (u32, u32) {
        (self.major, self.minor)
    }

    /// Whether the container never touched the device.
    pub(crate) fn is_untouched(&self) -> bool {
        self.read.is_zero() && self.write.is_zero() && self.discard.is_zero()
    }
}

/// The account of a container's block devices.
#[derive(Clone, Debug)]
pub(crate) struct Io {
    pub(crate) scope: Scope,
    pub(crate) version: Version,
    pub(crate) devices: Vec<DeviceIo>,
    /// So many of them are in the order of their numbers.
    sorted: usize,
    /// The file the bytes came from.
    pub(crate) file: CgroupFile,
    /// For each of [`V1_FILES`] the sweep in which the root is asked again, and whether it counts for any device.
    counts: [(u64, bool); V1_FILES.len()],
}

/// A scheduler may be loaded as a module at any time: then its files appear.
const LOOK_AGAIN_AFTER: u64 = 256;

const fn is_schedulers(bytes: CgroupFile) -> bool {
    matches!(bytes, CgroupFile::BlkioBfqBytesRecursive | CgroupFile::BlkioCfqBytesRecursive)
}

impl Default for Io {
    fn default() -> Self {
        let (scope, version) = (Scope::Absent, Version::V2);
        // The files of no scheduler are not asked about, and the others are until the root has answered.
        let counts = V1_FILES.map(|(bytes, _)| (if is_schedulers(bytes) { 0 } else { u64::MAX }, true));
        Self { scope, version, devices: Vec::new(), sorted: 0, file: CgroupFile::IoStat, counts }
    }
}

/// Where v1 tells bytes and requests, best first: what counts every device, then what counts those of one
/// scheduler, then what does not count child cgroups. The first that counted anything is believed.
const V1_FILES: [(CgroupFile, CgroupFile); 4] = [
    (CgroupFile::BlkioThrottleBytesRecursive, CgroupFile::BlkioThrottleServicedRecursive),
    (CgroupFile::BlkioBfqBytesRecursive, CgroupFile::BlkioBfqServicedRecursive),
    (CgroupFile::BlkioCfqBytesRecursive, CgroupFile::BlkioCfqServicedRecursive),
    (CgroupFile::BlkioThrottleBytes, CgroupFile::BlkioThrottleServiced),
];

impl Io {
    /// Reads the account from the nearest level that has one.
    pub(crate) fn read<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        self.scope = Scope::Absent;
        self.version = own.version;
        self.devices.clear();
        self.sorted = 0;
        if own.version == Version::V1 {
            self.ask_root(own, reader)?;
        }
        self.scope = own.nearest(|level| match level.version {
            Version::V1 => self.read_blkio(level, reader),
            Version::V2 => self.read_io_stat(level, reader),
        })?;
        Ok(())
    }

    fn read_io_stat<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<bool, Error> {
        let Some(text) = reader.text(level, CgroupFile::IoStat)? else { return Ok(false) };
        self.file = CgroupFile::IoStat;
        let mut malformed = !text.is_empty();
        for line in parse::lines(text) {
            let Some((key, pairs)) = parse::nested_keyed(line) else { continue };
            let Some((major, minor)) = parse::device(key) else { continue };
            malformed = false;
            let device = self.device(major, minor);
            for (key, value) in pairs {
                match key {
                    b"rbytes" => device.read.bytes = Bytes(value),
                    b"wbytes" => device.write.bytes = Bytes(value),
                    b"dbytes" => device.discard.bytes = Bytes(value),
                    b"rios" => device.read.operations = value,
                    b"wios" => device.write.operations = value,
                    b"dios" => device.discard.operations = value,
                    _ => {}
                }
            }
        }
        if malformed {
            return Err(reader.malformed(level, CgroupFile::IoStat));
        }
        self.sort();
        Ok(true)
    }

    /// The files of a scheduler list the devices that have it, at the root all of them. Where there are none, no
    /// container need be asked: the root is, once a sweep.
    fn ask_root<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        let sweep = reader.moment.sweep;
        if self.counts.iter().all(|(again, _)| sweep < *again) {
            return Ok(());
        }
        let counts = &mut self.counts;
        own.climb(|_, level| {
            if !level.root {
                return Ok(ControlFlow::Continue(()));
            }
            for ((bytes, _), (again, counts)) in V1_FILES.into_iter().zip(counts.iter_mut()) {
                if is_schedulers(bytes) && *again <= sweep {
                    let text = reader.text(level, bytes)?;
                    *again = sweep.saturating_add(if text.is_some() { 1 } else { LOOK_AGAIN_AFTER });
                    *counts = text.is_some_and(|text| memchr::memchr(b':', text).is_some());
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    fn read_blkio<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<bool, Error> {
        let mut found = false;
        for ((bytes, serviced), (_, counts)) in V1_FILES.into_iter().zip(self.counts) {
            // The last counts one cgroup only, and is no better than the first where that is there.
            if !counts || (found && bytes == CgroupFile::BlkioThrottleBytes) {
                continue;
            }
            let here = self.read_v1_file(level, reader, bytes, |traffic, value| {
                traffic.bytes = Bytes(value);
            })?;
            self.sort();
            if !here {
                continue;
            }
            if !found {
                self.file = bytes;
            }
            found = true;
            // Some kernels (6.1) count there only for devices with a throttle; a scheduler may know better.
            if self.devices.iter().all(DeviceIo::is_untouched) {
                continue;
            }
            self.file = bytes;
            self.read_v1_file(level, reader, serviced, |traffic, value| traffic.operations = value)?;
            if bytes == CgroupFile::BlkioCfqBytesRecursive {
                self.read_cfq_times(level, reader)?;
            }
            self.sort();
            break;
        }
        Ok(found)
    }

    fn read_cfq_times<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
    ) -> Result<(), Error> {
        self.read_v1_file(level, reader, CgroupFile::BlkioCfqMergedRecursive, |traffic, value| {
            traffic.merged = value;
        })?;
        for file in [CgroupFile::BlkioCfqServiceTimeRecursive, CgroupFile::BlkioCfqWaitTimeRecursive] {
            self.read_v1_file(level, reader, file, |traffic, value| {
                traffic.time = traffic.time.plus(Nanoseconds(value));
            })?;
        }
        Ok(())
    }

    /// `MAJOR:MINOR Read VALUE` a line, likewise `Write` and `Discard`; other words and totals are passed over.
    fn read_v1_file<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        file: CgroupFile,
        set: impl Fn(&mut Traffic, u64),
    ) -> Result<bool, Error> {
        let Some(text) = reader.text(level, file)? else { return Ok(false) };
        for line in parse::lines(text) {
            let mut words = parse::words(line);
            let (Some(key), Some(direction), Some(value)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let (Some((major, minor)), Some(value)) = (parse::device(key), parse::number(value)) else {
                continue;
            };
            let device = self.device(major, minor);
            match direction {
                b"Read" => set(&mut device.read, value),
                b"Write" => set(&mut device.write, value),
                b"Discard" => set(&mut device.discard, value),
                _ => {}
            }
        }
        Ok(true)
    }

    /// The entry of a device: of the line before, of a file before, or a new one.
    #[allow(clippy::indexing_slicing, reason = "the index was found or made in the lines above")]
    fn device(&mut self, major: u32, minor: u32) -> &mut DeviceIo {
        let key = (major, minor);
        let known = match self.devices.last() {
            Some(last) if last.key() == key => Some(self.devices.len() - 1),
            _ => self.sorted().binary_search_by_key(&key, DeviceIo::key).ok(),
        };
        let index = known.unwrap_or(self.devices.len());
        if known.is_none() {
            self.devices.push(DeviceIo { major, minor, ..DeviceIo::default() });
        }
        &mut self.devices[index]
    }

    /// The devices of the files read before this one.
    fn sorted(&self) -> &[DeviceIo] {
        self.devices.get(..self.sorted).unwrap_or_default()
    }

    /// Puts the devices in order. No kernel names one twice in a file, lines that follow each other apart.
    fn sort(&mut self) {
        self.devices.sort_unstable_by_key(DeviceIo::key);
        self.devices.dedup_by_key(|device| device.key());
        self.sorted = self.devices.len();
    }

    /// What the container did to a device.
    pub(crate) fn of(&self, major: u32, minor: u32) -> Option<&DeviceIo> {
        let index = self.sorted().binary_search_by_key(&(major, minor), DeviceIo::key).ok()?;
        self.devices.get(index)
    }

    /// The sum over all devices.
    pub(crate) fn total(&self) -> DeviceIo {
        self.devices.iter().fold(DeviceIo::default(), |sum, device| DeviceIo {
            read: sum.read.plus(device.read),
            write: sum.write.plus(device.write),
            discard: sum.discard.plus(device.discard),
            ..sum
        })
    }
}

#[cfg(test)]
impl Io {
    pub(crate) fn of_devices(devices: &[DeviceIo]) -> Self {
        let mut io = Self { scope: Scope::Cgroup { up: 0 }, devices: devices.to_vec(), ..Self::default() };
        io.sort();
        io
    }
}
