//! Which controller is mounted where, and on which version: decided once from mountinfo, carried as data.

use crate::parse;

/// The two generations of cgroups. A hybrid machine has both, for different controllers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum Version {
    /// One hierarchy for each controller or set of joined controllers.
    V1,
    /// The unified hierarchy.
    V2,
}

/// The controllers that this crate asks something of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Controller {
    /// `memory`
    Memory,
    /// `cpu`: quota, weight, throttling.
    Cpu,
    /// `cpuacct` on v1; on v2 the CPU time that cgroups account for without any controller.
    Cpuacct,
    /// `cpuset`
    Cpuset,
    /// `blkio` on v1, `io` on v2.
    Io,
    /// `pids`
    Pids,
    /// `hugetlb`
    Hugetlb,
    /// Pressure stall information: no controller, but files that only v2 cgroups have.
    Pressure,
}

impl Controller {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Memory,
        Self::Cpu,
        Self::Cpuacct,
        Self::Cpuset,
        Self::Io,
        Self::Pids,
        Self::Hugetlb,
        Self::Pressure,
    ];

    /// By the name that v1 mount options, `/proc/PID/cgroup` and `cgroup.controllers` give it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "memory" => Self::Memory,
            "cpu" => Self::Cpu,
            "cpuacct" => Self::Cpuacct,
            "cpuset" => Self::Cpuset,
            "blkio" | "io" => Self::Io,
            "pids" => Self::Pids,
            "hugetlb" => Self::Hugetlb,
            _ => return None,
        })
    }
}

/// A set of controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Controllers(u16);

impl Controllers {
    /// None.
    pub const NONE: Self = Self(0);

    /// The controllers of a list of names; names that this crate has no use for are left out.
    pub fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        names.filter_map(Controller::by_name).fold(Self::NONE, Self::with)
    }

    /// The same and one more.
    #[must_use]
    pub const fn with(self, controller: Controller) -> Self {
        Self(self.0 | 1 << controller as u16)
    }

    /// Whether it is among them.
    #[must_use]
    pub const fn has(self, controller: Controller) -> bool {
        self.0 & (1 << controller as u16) != 0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// One mounted hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its generation.
    pub version: Version,
    /// On v1 the controllers mounted there; on v2 those that `cgroup.controllers` offers.
    pub controllers: Controllers,
    /// The cgroup at the mount point, as a path in the reader's cgroup namespace: `/` mostly, a longer one in
    /// a container without a namespace of its own, `/..` where the mount shows more than the namespace.
    pub root: String,
    /// The directory, as an absolute path.
    pub point: String,
}

impl Mount {
    /// The hierarchies of a mountinfo file, in its order. Named ones without a controller are left out, and those
    /// that a later one on the same directory covers.
    pub(crate) fn of_mountinfo(text: &[u8]) -> Vec<Self> {
        let mut mounts: Vec<Self> = Vec::new();
        for mount in parse::lines(text).filter_map(Self::of_line) {
            mounts.retain(|covered| covered.point != mount.point);
            mounts.push(mount);
        }
        mounts
    }

    /// `ID PARENT MAJ:MIN ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER-OPTIONS`
    fn of_line(line: &[u8]) -> Option<Self> {
        let mut fields = parse::words(line);
        let root = unescape(fields.nth(3)?);
        let point = unescape(fields.next()?);
        let mut fields = fields.skip_while(|field| *field != b"-").skip(1);
        let version = match fields.next()? {
            b"cgroup" => Version::V1,
            b"cgroup2" => Version::V2,
            _ => return None,
        };
        let options = std::str::from_utf8(fields.nth(1)?).ok()?;
        let controllers = match version {
            Version::V1 => Controllers::of_names(options.split(',')),
            Version::V2 => Controllers::NONE,
        };
        if version == Version::V1 && controllers.is_empty() {
            return None;
        }
        Some(Self { version, controllers, root, point })
    }

    /// Where a cgroup, named as `/proc/PID/cgroup` names it, is below this mount.
    pub(crate) fn locate(&self, path: &str) -> Place {
        let (root_ups, root) = climb_and_descend(&self.root);
        let (path_ups, path) = climb_and_descend(path);
        if root_ups == path_ups {
            match path.strip_prefix(root.as_slice()) {
                Some(rest) => Place::Below(rest.join("/")),
                None => Place::Outside,
            }
        } else if root_ups > path_ups && root.is_empty() {
            // The mount shows directories above the namespace whose names nobody tells.
            Place::Deeper { levels: root_ups - path_ups, path: path.join("/") }
        } else {
            Place::Outside
        }
    }
}

/// Where a cgroup is, seen from a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this path below it.
    Below(String),
    /// At this path below some directory that is so many levels below the mount point.
    Deeper { levels: usize, path: String },
    /// Not below it.
    Outside,
}

/// The number of leading `..` of a path, and its other components.
fn climb_and_descend(path: &str) -> (usize, Vec<&str>) {
    let mut ups = 0;
    let mut names = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if names.pop().is_none() => ups += 1,
            ".." => {}
            name => names.push(name),
        }
    }
    (ups, names)
}

/// A user's path as a path below a mount; climbing out of it leads nowhere.
pub(crate) fn normalized(path: &str) -> Option<String> {
    match climb_and_descend(path) {
        (0, names) => Some(names.join("/")),
        _ => None,
    }
}

/// The parent's path; the top is its own parent.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// mountinfo writes blanks, tabs, newlines and backslashes as `\ooo`.
fn unescape(field: &[u8]) -> String {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'\\'
            && let Some((code, after)) = tail.split_at_checked(3)
            && let Ok(code) = u8::from_str_radix(&String::from_utf8_lossy(code), 8)
        {
            plain.push(code);
            rest = after;
        } else {
            plain.push(byte);
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Every hierarchy that matters, and for each controller the one to look it up in.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    mounts: Vec<Mount>,
    of: [Option<usize>; Controller::ALL.len()],
}

impl Layout {
    /// Chooses for each controller the mount that shows most of its hierarchy. A controller mounted on v1 is
    /// there; the others are on v2 if the unified hierarchy offers them; the rest are nowhere.
    pub(crate) fn choose(mut mounts: Vec<Mount>) -> Self {
        // The same hierarchy may be mounted in several places; a shorter root shows more of it.
        let width = |mount: &Mount| {
            let (ups, names) = climb_and_descend(&mount.root);
            (std::cmp::Reverse(ups), names.len())
        };
        mounts.sort_by_key(width);
        let unified = mounts.iter().position(|mount| mount.version == Version::V2);
        let mut of = [None; Controller::ALL.len()];
        for (controller, place) in Controller::ALL.into_iter().zip(&mut of) {
            let on_v1 = mounts
                .iter()
                .position(|mount| mount.version == Version::V1 && mount.controllers.has(controller));
            let on_v2 = || {
                let mount = mounts.get(unified?)?;
                let always = matches!(controller, Controller::Cpuacct | Controller::Pressure);
                (always || mount.controllers.has(controller)).then_some(unified?)
            };
            *place = on_v1.or_else(on_v2);
        }
        let mut layout = Self { mounts: Vec::new(), of };
        layout.keep_chosen(mounts);
        layout
    }

    /// Drops the mounts that serve no controller.
    fn keep_chosen(&mut self, mounts: Vec<Mount>) {
        for (index, mount) in mounts.into_iter().enumerate() {
            if !self.of.contains(&Some(index)) {
                continue;
            }
            let kept = self.mounts.len();
            for place in &mut self.of {
                // Indices only ever move down, to numbers already dealt with.
                if *place == Some(index) {
                    *place = Some(kept);
                }
            }
            self.mounts.push(mount);
        }
    }

    /// The hierarchies in use.
    #[must_use]
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The index into [`Layout::mounts`] of the hierarchy that has a controller.
    #[must_use]
    pub fn mount_of(&self, controller: Controller) -> Option<usize> {
        self.of.get(controller as usize).copied().flatten()
    }

    /// The version on which a controller is found; `None` if it is mounted nowhere.
    #[must_use]
    pub fn version_of(&self, controller: Controller) -> Option<Version> {
        Some(self.mounts.get(self.mount_of(controller)?)?.version)
    }

    /// `v1`, `v2` or `hybrid`: both, with at least one controller on v1.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let has = |version| self.mounts.iter().any(|mount| mount.version == version);
        match (has(Version::V1), has(Version::V2)) {
            (true, true) => "hybrid",
            (true, false) => "v1",
            (false, true) => "v2",
            (false, false) => "none",
        }
    }
}

/// The lines of `/proc/PID/cgroup`.
#[derive(Debug)]
pub(crate) struct Membership<'a> {
    text: &'a [u8],
}

impl<'a> Membership<'a> {
    pub(crate) const fn of(text: &'a [u8]) -> Self {
        Self { text }
    }

    /// The process's path in the hierarchy of a mount, as written there.
    pub(crate) fn path_in(&self, mount: &Mount) -> Option<&'a str> {
        parse::lines(self.text).find_map(|line| {
            let line = std::str::from_utf8(line).ok()?;
            let mut fields = line.splitn(3, ':');
            let (number, names, path) = (fields.next()?, fields.next()?, fields.next()?);
            let matches = match mount.version {
                Version::V2 => number == "0" && names.is_empty(),
                Version::V1 => Controllers::of_names(names.split(',')).0 & mount.controllers.0 != 0,
            };
            (matches && path.starts_with('/')).then_some(path)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &[u8] = b"\
40 23 0:33 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
41 40 0:34 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
43 40 0:36 / /sys/fs/cgroup/cpu,cpuacct rw shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct
45 40 0:38 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
54 40 0:47 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
";

    #[test]
    fn a_hybrid_machine_has_each_controller_where_it_is_mounted() {
        let mut mounts = Mount::of_mountinfo(HYBRID);
        mounts.last_mut().unwrap().controllers = Controllers::NONE.with(Controller::Pids);
        let layout = Layout::choose(mounts);
        assert_eq!(layout.name(), "hybrid");
        assert_eq!(layout.version_of(Controller::Memory), Some(Version::V1));
        assert_eq!(layout.mount_of(Controller::Cpu), layout.mount_of(Controller::Cpuacct));
        assert_eq!(layout.version_of(Controller::Pids), Some(Version::V2));
        assert_eq!(layout.version_of(Controller::Pressure), Some(Version::V2));
        assert_eq!(layout.version_of(Controller::Io), None);
        let point = |controller| &layout.mounts()[layout.mount_of(controller).unwrap()].point;
        assert_eq!(point(Controller::Memory), "/sys/fs/cgroup/memory");
    }

    #[test]
    fn of_two_mounts_the_wider_is_used() {
        let text = b"\
1 0 0:1 /pods/a /mnt rw - cgroup2 cgroup2 rw
2 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
3 0 0:1 /../.. /above rw - cgroup2 cgroup2 rw
";
        let layout = Layout::choose(Mount::of_mountinfo(text));
        assert_eq!(layout.mounts().len(), 1);
        assert_eq!(layout.mounts()[0].point, "/above");
    }

    #[test]
    fn of_two_mounts_on_one_directory_the_later_is_seen() {
        let text = b"\
1 0 0:1 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw
2 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
";
        assert_eq!(Mount::of_mountinfo(text).len(), 1);
        assert_eq!(Mount::of_mountinfo(text)[0].root, "/");
    }

    #[test]
    fn paths_are_found_below_the_mount() {
        let mount = |root: &str| Mount {
            version: Version::V2,
            controllers: Controllers::NONE,
            root: root.into(),
            point: "/sys/fs/cgroup".into(),
        };
        assert_eq!(mount("/").locate("/pods/a"), Place::Below("pods/a".into()));
        assert_eq!(mount("/docker/x").locate("/docker/x"), Place::Below(String::new()));
        assert_eq!(mount("/docker/x").locate("/docker/xy"), Place::Outside);
        assert_eq!(mount("/").locate("/../other"), Place::Outside);
        assert_eq!(mount("/..").locate("/../other/b"), Place::Below("other/b".into()));
        assert_eq!(mount("/../../..").locate("/work"), Place::Deeper { levels: 3, path: "work".into() });
    }

    #[test]
    fn escapes_of_mountinfo_are_undone() {
        assert_eq!(unescape(br"/a\040b\134c\9"), r"/a b\c\9");
    }

    #[test]
    fn membership_is_matched_by_controller() {
        let text = b"5:memory:/pods/a\n3:cpu,cpuacct:/pods/b:c\n1:name=systemd:/x\n0::/u\n";
        let mounts = Mount::of_mountinfo(HYBRID);
        let paths: Vec<_> = mounts.iter().map(|mount| Membership::of(text).path_in(mount)).collect();
        assert_eq!(paths, [Some("/pods/b:c"), Some("/pods/a"), Some("/u")]);
    }

    #[test]
    fn a_path_may_not_climb_out() {
        assert_eq!(normalized("/a//b/./c/"), Some("a/b/c".into()));
        assert_eq!(normalized("a/../b"), Some("b".into()));
        assert_eq!(normalized("/../b"), None);
    }
}
