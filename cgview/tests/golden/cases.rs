//! The golden cases: directories below `testdata`, made by `testdata/extract`.

use cgview::source::Tree;
use cgview::{Error, Machine, Policy, ProcFile, Subject};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One container of one captured machine.
pub(crate) struct Case {
    /// Such as `k6.1-v2-busy`.
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    /// Its cgroup, as a path below the hierarchies' roots.
    pub(crate) cgroup: String,
    /// The number of its init on the machine.
    pub(crate) init: u32,
}

/// What is shown, by path. Where a file is not served: the error.
pub(crate) type Views = BTreeMap<String, Result<Vec<u8>, String>>;

impl Case {
    /// All of them. Panics if there are none: a test over nothing proves nothing.
    pub(crate) fn all() -> Vec<Self> {
        let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let mut cases: Vec<Self> = fs::read_dir(&testdata)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .map(Self::at)
            .collect();
        assert!(!cases.is_empty(), "no case in {}", testdata.display());
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        cases
    }

    fn at(directory: PathBuf) -> Self {
        let subject = fs::read_to_string(directory.join("subject"))
            .unwrap_or_else(|error| panic!("{}/subject: {error}", directory.display()));
        let value = |key: &str| {
            let line = subject.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{}/subject has no {key}", directory.display())).to_owned()
        };
        Self {
            name: directory.file_name().unwrap().to_string_lossy().into_owned(),
            cgroup: value("cgroup"),
            init: value("pid").parse().unwrap(),
            directory,
        }
    }

    /// `v1`, `v2` or `hybrid`.
    pub(crate) fn hierarchy(&self) -> &str {
        self.name.split('-').nth(1).unwrap()
    }

    pub(crate) fn by_cgroup(&self) -> Subject {
        Subject::Cgroup(self.cgroup.clone())
    }

    /// Shows every file to a container that nobody looked at before.
    pub(crate) fn views(&self, subject: &Subject, policy: Policy) -> Views {
        let input = self.directory.join("input").canonicalize().unwrap();
        let mut machine = Machine::new(Tree::open(&input).unwrap()).unwrap();
        let mut container = machine.container(subject).unwrap();
        container.policy = policy;
        ProcFile::ALL
            .into_iter()
            .map(|file| {
                let view = machine.read(&mut container, file).map(<[u8]>::to_vec);
                // Errors name the file where it was looked for; where this repository lies is of no interest.
                let error = |error: Error| error.to_string().replace(&*input.to_string_lossy(), "");
                (place(file).to_owned(), view.map_err(error))
            })
            .collect()
    }

    /// The texts below one of the case's directories, by path.
    pub(crate) fn texts(&self, directory: &str) -> BTreeMap<String, String> {
        let root = self.directory.join(directory);
        let mut texts = BTreeMap::new();
        let mut waiting = vec![root.clone()];
        while let Some(at) = waiting.pop() {
            for entry in fs::read_dir(&at).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                    texts.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        texts
    }
}

/// Where a view is kept: at its path; the listing of a directory beside it.
pub(crate) fn place(file: ProcFile) -> &'static str {
    match file {
        ProcFile::CpuDirectories => "sys/devices/system/cpu/directories",
        file => file.path(),
    }
}
