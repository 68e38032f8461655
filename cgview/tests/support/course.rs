//! A container's life over several sweeps, for the property tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::numbers::{Quota, list, quota, set_quota};
use super::support::targets;
use super::support::trees::Shape;
use cgview::source::Bytes;
use cgview::{Container, Machine, Subject};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What happens to a container between two sweeps.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) hundredths: u64,
    /// Nanoseconds on each of the machine's CPUs; on v2 the sum counts.
    pub(crate) used: Vec<u64>,
    /// How much of it was in the kernel, in percent.
    pub(crate) system: u64,
    pub(crate) throttled: u64,
    pub(crate) quota: Quota,
    pub(crate) cpuset: BTreeSet<u32>,
}

/// Steps of a machine with four CPUs.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let used = prop_oneof![Just(0), 0..1_000_000u64, 0..5_000_000_000u64];
    let step =
        (0..1000u64, vec(used, 4), 0..=100u64, 0..2_000_000_000u64, quota(), btree_set(0..4u32, 1..=4));
    let step = step.prop_map(|(hundredths, used, system, throttled, quota, cpuset)| Step {
        hundredths,
        used,
        system,
        throttled,
        quota,
        cpuset,
    });
    vec(step, 1..6)
}

/// A container over several sweeps, on a machine with four CPUs.
pub(crate) struct Course {
    shape: Shape,
    pub(crate) machine: Machine<Bytes>,
    hundredths: u64,
    used: [u64; 4],
    user: u64,
    throttled: u64,
}

impl Course {
    /// The container's init starts 50 seconds after the machine.
    const START: u64 = 5000;

    pub(crate) fn new(shape: Shape) -> Self {
        let machine = Machine::new(shape.tree()).unwrap();
        Self { shape, machine, hundredths: Self::START, used: [0; 4], user: 0, throttled: 0 }
    }

    pub(crate) fn container(&mut self, policy: &str) -> Container<Bytes> {
        let mut container = self.machine.container(&Subject::Pid(100)).unwrap();
        container.policy = policy.parse().unwrap();
        container
    }

    pub(crate) fn take(&mut self, step: &Step) {
        self.hundredths += step.hundredths;
        for (used, more) in self.used.iter_mut().zip(&step.used) {
            *used += more;
        }
        let more: u64 = step.used.iter().sum();
        self.user += more - more * step.system / 100;
        self.throttled += step.throttled;
        self.write(step);
        self.machine.refresh();
    }

    fn write(&mut self, step: &Step) {
        let (hundredths, shape) = (self.hundredths, self.shape);
        let [both, system] = [self.total(), self.total() - self.user];
        let (used, user, throttled) = (self.used, self.user, self.throttled);
        let tree = self.machine.source_mut();
        tree.set("proc/uptime", format!("{}.{:02} 0.00\n", hundredths / 100, hundredths % 100));
        targets::set_cpuset(tree, shape, &list(&step.cpuset));
        set_quota(tree, shape, &shape.app("cpu"), step.quota);
        let (cpu, cpuacct) = (shape.app("cpu"), shape.app("cpuacct"));
        if shape == Shape::V2 {
            let times = [both, user, system, throttled].map(|time| time / 1000);
            let [both, user, system, throttled] = times;
            let text = format!(
                "usage_usec {both}\nuser_usec {user}\nsystem_usec {system}\nthrottled_usec {throttled}\n"
            );
            tree.set(&format!("{cpu}/cpu.stat"), text);
        } else {
            let text = format!("nr_periods 1\nnr_throttled 1\nthrottled_time {throttled}\n");
            tree.set(&format!("{cpu}/cpu.stat"), text);
            let [a, b, c, d] = used;
            tree.set(&format!("{cpuacct}/cpuacct.usage_percpu"), format!("{a} {b} {c} {d} \n"));
            let text = format!("user {}\nsystem {}\n", user / 10_000_000, system / 10_000_000);
            tree.set(&format!("{cpuacct}/cpuacct.stat"), text);
        }
    }

    fn total(&self) -> u64 {
        self.used.iter().sum()
    }

    /// The ticks that the kernel's counters amount to.
    pub(crate) fn ticks(&self) -> u64 {
        const TICK: u64 = 10_000_000;
        match self.shape {
            // In microseconds, and user and system time each for itself.
            Shape::V2 => {
                let ticks = |time: u64| time / 1000 * 1000 / TICK;
                ticks(self.user) + ticks(self.total() - self.user)
            }
            Shape::V1 | Shape::Hybrid => self.used.iter().map(|used| used / TICK).sum(),
        }
    }
}
