//! `/proc/loadavg`: from the caller's load averages, or without them the tasks of this moment.

use crate::account::tasks::Tasks;
use crate::parse;
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
    /// The text of `/proc/loadavg`: three averages, `RUNNING/TOTAL`, the last number given out.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut words = parse::words(text);
        let mut averages = [0; 3];
        for average in &mut averages {
            let hundredths = parse::hundredths(words.next()?)?;
            // Up to the next fixed-point number that is shown as these hundredths.
            *average = hundredths.saturating_mul(FIXED_1).div_ceil(100).saturating_sub(FIXED_1 / 200);
        }
        let mut counts = words.next()?.split(|&byte| byte == b'/');
        let running = parse::number(counts.next()?)?;
        let total = parse::number(counts.next()?)?;
        let last_pid = parse::number(words.next()?)?;
        Some(Self { averages, tasks: Tasks { running, blocked: 0, total, last_pid } })
    }

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
    fn what_is_read_is_shown_again() {
        for line in ["0.00 0.01 0.02 1/120 658\n", "2.51 0.75 99.99 3/4 5\n", "1.00 1.07 1.08 0/1 1\n"] {
            let load = Load::parse(line.as_bytes()).unwrap();
            let mut text = Text::new();
            render(&mut text, &load, None);
            assert_eq!(String::from_utf8_lossy(text.as_bytes()), line);
        }
        assert_eq!(Load::parse(b"0.00 x"), None);
    }

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
