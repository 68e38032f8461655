//! What a machine's hierarchies and clock are where mountinfo and the system do not tell.

use crate::hierarchy::{Controller, Controllers, Mount, Version};
use crate::source::{CgroupFile, HostFile, MachineFacts, Source};
use std::sync::Arc;

/// Where the hierarchies of a tree without mountinfo are by custom: those of v1 that are there, else the
/// unified one at the top.
pub(super) fn usual<S: Source>(source: &mut S) -> Vec<Mount> {
    let mount = |version, controllers: &str, point: &str| Mount {
        version,
        controllers: Controllers::of_names(controllers.split(',')),
        root: "/".to_owned(),
        point: format!("/sys/fs/cgroup{point}"),
    };
    let v1 = ["memory", "cpu,cpuacct", "cpu", "cpuacct", "cpuset", "blkio", "pids", "hugetlb"];
    let mut mounts: Vec<Mount> = v1
        .into_iter()
        .map(|names| mount(Version::V1, names, &format!("/{names}")))
        .filter(|mount| is_hierarchy(source, mount))
        .collect();
    mounts.push(mount(Version::V2, "", if mounts.is_empty() { "" } else { "/unified" }));
    mounts
}

/// A cgroup of v2 may be named as a controller of v1 is; its directory has other files.
fn is_hierarchy<S: Source>(source: &mut S, mount: &Mount) -> bool {
    let Ok(mut top) = source.open(mount, &Arc::from(""), false) else { return false };
    source.read(&mut top, CgroupFile::CgroupControllers, &mut Vec::new()).is_err()
}

/// What each unified hierarchy offers.
pub(super) fn with_controllers<S: Source>(source: &mut S, mounts: Vec<Mount>) -> Vec<Mount> {
    let mut text = Vec::new();
    let has_v1 = mounts.iter().any(|mount| mount.version == Version::V1);
    let all = Controller::ALL.into_iter().fold(Controllers::NONE, Controllers::with);
    mounts
        .into_iter()
        .filter_map(|mut mount| {
            if mount.version == Version::V2 {
                let mut top = source.open(&mount, &Arc::from(""), false).ok()?;
                mount.controllers = match source.read(&mut top, CgroupFile::CgroupControllers, &mut text) {
                    Ok(()) => Controllers::of_names(String::from_utf8_lossy(&text).split_ascii_whitespace()),
                    // A small tree, captured or made by hand: beside v1 it offers nothing, alone everything.
                    Err(_) if has_v1 => Controllers::NONE,
                    Err(_) => all,
                };
            }
            Some(mount)
        })
        .collect()
}

/// Page size and clock of a captured machine: the first from two files that tell the free memory in
/// different units, the second as on every machine of today.
pub(super) fn guess_facts<S: Source>(source: &mut S) -> MachineFacts {
    let mut text = Vec::new();
    let mut find = |file, name: &[u8]| {
        source.host(file, &mut text).ok()?;
        let line = crate::parse::lines(&text).find_map(|line| line.strip_prefix(name))?;
        crate::parse::words(line).next().and_then(crate::parse::number)
    };
    let kibibytes = find(HostFile::Meminfo, b"MemFree:");
    let pages = find(HostFile::Vmstat, b"nr_free_pages ");
    // The two are read at different moments; the page sizes are far enough apart.
    let page_size = match (kibibytes, pages) {
        (Some(kibibytes), Some(pages)) if pages > 0 => match kibibytes / pages {
            0..=5 => 4096,
            6..=11 => 8192,
            12..=31 => 16_384,
            _ => 65_536,
        },
        _ => 4096,
    };
    MachineFacts { page_size, ticks_per_second: 100 }
}
