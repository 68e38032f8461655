//! Tasks that run or wait, counted over a container's whole subtree.
//!
//! This is what a load average is made of. It costs a read for each task, so it is done when it is asked for:
//! at a caller's tick, or for a one-shot reader of `/proc/loadavg`, never inside a read of `/proc/stat`.

use crate::error::Error;
use crate::level::{Level, Reader};
use crate::parse;
use crate::source::{CgroupFile, Process, ProcessFile, Source};

/// How many tasks a container has, by what they do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Tasks {
    /// On a CPU or ready for one (state R).
    pub running: u64,
    /// In uninterruptible sleep (state D).
    pub blocked: u64,
    /// All of them.
    pub total: u64,
    /// The number of the task made last, as the container numbers it.
    pub last_pid: u64,
}

/// Memory for the walk, reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    numbers: Vec<u32>,
    threads: Vec<u32>,
    names: Vec<String>,
    newest: u32,
}

/// What the walk needs to open child cgroups.
pub(crate) trait OpenChild<S: Source> {
    fn open_child(&mut self, source: &mut S, parent: &str, name: &str) -> Option<Level<S::Cgroup>>;
}

impl Walk {
    /// Calls `found(source, pid, buffer)` for the processes of a cgroup and of every cgroup below it, up to a
    /// number beyond which nobody waits for the answer.
    pub(crate) fn each_process<S: Source>(
        &mut self,
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        opener: &mut impl OpenChild<S>,
        mut found: impl FnMut(&mut S, u32, &mut Vec<u8>),
    ) -> Result<(), Error> {
        const ENOUGH: usize = 20_000;
        let mut seen = 0;
        let mut waiting = Vec::new();
        let mut one = |walk: &mut Self, level: &mut Level<S::Cgroup>, reader: &mut Reader<'_, S>| {
            walk.numbers.clear();
            // A threaded cgroup lists its threads only.
            for file in [CgroupFile::CgroupProcs, CgroupFile::CgroupThreads] {
                if let Some(text) = reader.text(level, file)? {
                    walk.numbers.extend(numbers(text));
                    break;
                }
            }
            for pid in &walk.numbers {
                found(reader.source, *pid, reader.buffer);
            }
            seen += walk.numbers.len();
            Ok::<bool, Error>(seen < ENOUGH)
        };
        if one(self, own, reader)? {
            descend(own, reader, self, opener, &mut waiting);
        }
        while let Some(mut level) = waiting.pop() {
            match one(self, &mut level, reader) {
                Ok(true) => descend(&mut level, reader, self, opener, &mut waiting),
                Ok(false) => break,
                // It went away.
                Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Tasks {
    /// Counts the tasks of a cgroup and of every cgroup below it. Tasks and cgroups that vanish meanwhile are
    /// not counted.
    pub(crate) fn count<S: Source>(
        own: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        walk: &mut Walk,
        opener: &mut impl OpenChild<S>,
    ) -> Result<Self, Error> {
        let mut tasks = Self::default();
        walk.newest = 0;
        tasks.count_one(own, reader, walk)?;
        let mut waiting: Vec<Level<S::Cgroup>> = Vec::new();
        descend(own, reader, walk, opener, &mut waiting);
        while let Some(mut level) = waiting.pop() {
            // A child that goes away takes its tasks along.
            if tasks.count_one(&mut level, reader, walk).is_ok() {
                descend(&mut level, reader, walk, opener, &mut waiting);
            }
        }
        tasks.last_pid = own_number(reader, walk.newest);
        Ok(tasks)
    }

    fn count_one<S: Source>(
        &mut self,
        level: &mut Level<S::Cgroup>,
        reader: &mut Reader<'_, S>,
        walk: &mut Walk,
    ) -> Result<(), Error> {
        // Threads, v2 and v1; a captured tree may have the processes only.
        for file in [CgroupFile::CgroupThreads, CgroupFile::Tasks] {
            if let Some(text) = reader.text(level, file)? {
                walk.numbers.clear();
                walk.numbers.extend(numbers(text));
                for &thread in &walk.numbers {
                    self.add(reader, thread, thread, &mut walk.newest);
                }
                return Ok(());
            }
        }
        if let Some(text) = reader.text(level, CgroupFile::CgroupProcs)? {
            walk.numbers.clear();
            walk.numbers.extend(numbers(text));
            for &process in &walk.numbers {
                if reader.source.threads(process, &mut walk.threads).is_err() {
                    walk.threads.clear();
                    walk.threads.push(process);
                }
                for &thread in &walk.threads {
                    self.add(reader, process, thread, &mut walk.newest);
                }
            }
        }
        Ok(())
    }

    fn add<S: Source>(&mut self, reader: &mut Reader<'_, S>, process: u32, thread: u32, newest: &mut u32) {
        let mut read = |process| reader.source.process(process, ProcessFile::Stat, reader.buffer).is_ok();
        let known = read(Process::Thread { pid: process, tid: thread });
        if !known {
            return;
        }
        self.total += 1;
        *newest = (*newest).max(thread);
        match state(reader.buffer) {
            Some(b'R') => self.running += 1,
            Some(b'D') => self.blocked += 1,
            _ => {}
        }
    }
}

fn descend<S: Source>(
    level: &mut Level<S::Cgroup>,
    reader: &mut Reader<'_, S>,
    walk: &mut Walk,
    opener: &mut impl OpenChild<S>,
    waiting: &mut Vec<Level<S::Cgroup>>,
) {
    if reader.source.children(&mut level.cgroup, &mut walk.names).is_ok() {
        let path = S::path_of(&level.cgroup);
        waiting.extend(walk.names.iter().filter_map(|name| opener.open_child(reader.source, path, name)));
    }
}

fn numbers(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    parse::lines(text)
        .filter_map(parse::number)
        .filter_map(|number| u32::try_from(number).ok())
        .filter(|number| *number > 0)
}

/// The state letter of `/proc/PID/stat`: what follows the last `)`, as a name may hold anything.
fn state(stat: &[u8]) -> Option<u8> {
    let end = memchr::memrchr(b')', stat)?;
    parse::words(stat.get(end + 1..)?).next()?.first().copied()
}

/// The number that a task has in its own pid namespace.
fn own_number<S: Source>(reader: &mut Reader<'_, S>, task: u32) -> u64 {
    if task == 0 {
        return 0;
    }
    let status = reader.source.process(Process::Pid(task), ProcessFile::Status, reader.buffer);
    let own = status.is_ok().then(|| crate::subject::namespaced_pids(reader.buffer).last()).flatten();
    u64::from(own.unwrap_or(task))
}
