//! Events as OpenCloudOS' kernels write them into their message buffer.

use super::{Event, Target, Task};
use crate::latency::Latency;
use crate::text::generation::Generation;
use std::fmt;

/// An event as a generation's kernel writes it: one line, then a line for each function of the stack, 64 at most.
///
/// Kernels write one for each time that passes; this is the longest of the window. The duration is in nanoseconds, in G2 in
/// units of 1024 ns; of a long-term rule, of which kernels write nothing, it is all times together. A task that is not known
/// is number 0 without a name. Of what is known within bounds it is the upper one.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a, K> {
    /// What to write.
    pub event: &'a Event<K>,
    /// How.
    pub generation: Generation,
}

const DEEPEST_STACK: usize = 64;

impl<K> fmt::Display for Message<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, generation } = self;
        let shift = if *generation == Generation::G2 { 10 } else { 0 };
        let duration = match event.target {
            Target::Each(_) => event.longest.upper,
            Target::LongTerm(_) => event.total.upper,
        } >> shift;
        let task = event.task.unwrap_or_default();
        let Task { pid, .. } = task;
        match (*generation, event.target, event.previous) {
            (Generation::G0, _, _) => writeln!(f, "comm:{task},pid:{pid},duration={duration}")?,
            (_, Target::Each(Latency::RunDelay), Some(previous)) => writeln!(
                f,
                "record reason:schedlat_rundelay next_comm:{task} next_pid:{pid} prev_comm:{previous} prev_pid:{} \
                 duration={duration}",
                previous.pid
            )?,
            (_, Target::Each(kind), _) => {
                let reason = generation.item_name(kind);
                writeln!(f, "record reason:{reason} comm:{task} pid:{pid} duration={duration}")?;
            }
            (_, target @ Target::LongTerm(_), _) => {
                writeln!(f, "record reason:{target} comm:{task} pid:{pid} duration={duration}")?;
            }
        }
        let stack = event.stack.as_deref().unwrap_or_default();
        stack.lines().take(DEEPEST_STACK).try_for_each(|function| writeln!(f, "[<0>] {function}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Bounds;
    use crate::latency::Quality;

    #[test]
    fn messages_are_those_of_the_kernels() {
        let mut event = Event {
            container: 1_u64,
            target: Target::Each(Latency::DirectCompact),
            start: 0,
            end: 1,
            count: Bounds::exactly(1),
            total: Bounds::exactly(50 << 10),
            longest: Bounds::exactly(30 << 10),
            task: Some(Task::new(42, "worker")),
            previous: None,
            stack: Some("io_schedule+0x12/0x40\nread_page+0x1/0x2".into()),
            quality: Quality::Exact,
        };
        let text = |event: &Event<u64>, generation| Message { event, generation }.to_string();
        let stack = "[<0>] io_schedule+0x12/0x40\n[<0>] read_page+0x1/0x2\n";
        let g2 = "record reason:memlat_direct_compact comm:worker pid:42 duration=30\n";
        assert_eq!(text(&event, Generation::G2), format!("{g2}{stack}"));
        let g1b = "record reason:direct_compact comm:worker pid:42 duration=30720\n";
        assert_eq!(text(&event, Generation::G1b), format!("{g1b}{stack}"));
        assert_eq!(text(&event, Generation::G0), format!("comm:worker,pid:42,duration=30720\n{stack}"));

        event.target = Target::Each(Latency::RunDelay);
        (event.previous, event.stack) = (Some(Task::new(7, "hog")), None);
        let rundelay = "record reason:schedlat_rundelay next_comm:worker next_pid:42 prev_comm:hog prev_pid:7 duration=30\n";
        assert_eq!(text(&event, Generation::G2), rundelay);
        event.target = Target::LongTerm(Latency::RunDelay);
        event.task = None;
        assert_eq!(text(&event, Generation::G2), "record reason:longterm_rundelay comm: pid:0 duration=50\n");
    }
}
