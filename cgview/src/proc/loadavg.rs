//! `/proc/loadavg`: from the caller's load averages, or without them the tasks of this moment.

use crate::account::tasks::Tasks;
use crate::text::Text;

/// A container's load, as its caller last ticked it.
///
/// The averages are the kernel's fixed-point numbers with 11 fractional bits: 2048 is 1.00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Load {
    /// Over 1, 5 and 15 minutes.
    pub averages: [u64; 3],
    /// The tasks at the last tick.
    pub tasks: Tasks,
}

/// 1.00 as a fixed-point number.
const FIXED_1: u64 = 1 << 11;

impl Load {
    /// What a reader without history can say: the tasks of this moment, as if it had always been so.
    #[must_use]
    pub const fn of_this_moment(tasks: Tasks) -> Self {
        let load = tasks.running.saturating_add(tasks.blocked).saturating_mul(FIXED_1);
        Self { averages: [load; 3], tasks }
    }
}

/// Writes the file. The kernel rounds to the nearest hundredth.
pub(crate) fn render(text: &mut Text, load: &Load, total: Option<u64>) {
    for average in load.averages {
        let rounded = average.saturating_add(FIXED_1 / 200);
        let hundredths = u128::from(rounded % FIXED_1) * 100 / u128::from(FIXED_1);
        let whole = (rounded / FIXED_1).saturating_mul(100);
        text.hundredths(whole.saturating_add(u64::try_from(hundredths).unwrap_or(0)));
        text.byte(b' ');
    }
    text.decimal(load.tasks.running);
    text.byte(b'/');
    text.decimal(total.unwrap_or(load.tasks.total));
    text.field(load.tasks.last_pid);
    text.byte(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_rounded_as_the_kernel_does() {
        let tasks = Tasks { running: 2, blocked: 1, total: 5, last_pid: 77 };
        let shown = |load: &Load, total| {
            let mut text = Text::new();
            render(&mut text, load, total);
            String::from_utf8(text.as_bytes().to_vec()).unwrap()
        };
        assert_eq!(shown(&Load::of_this_moment(tasks), Some(9)), "3.00 3.00 3.00 2/9 77\n");
        let load = Load { averages: [2048 + 164, 10, 11], tasks };
        assert_eq!(shown(&load, None), "1.08 0.00 0.01 2/5 77\n");
        let load = Load { averages: [u64::MAX; 3], tasks: Tasks::default() };
        assert!(shown(&load, None).ends_with(" 0/0 0\n"));
    }
}
