//! The machine's `/proc/stat`: how wide its CPU lines are, and what follows them.

use crate::parse;

/// The template.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stat {
    /// Numbers in a CPU line: 10 since Linux 2.6.33.
    pub(crate) columns: usize,
    /// Where the lines behind the CPU lines begin.
    pub(crate) tail: usize,
    /// CPU lines beside the first.
    pub(crate) cpus: u32,
    /// `btime`, in seconds since 1970.
    pub(crate) boot_time: u64,
}

impl Stat {
    /// Takes the text apart. `None` if it does not begin with a CPU line.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut stat = Self::default();
        let mut lines = parse::lines(text);
        let first = lines.next()?;
        if !first.starts_with(b"cpu ") {
            return None;
        }
        stat.columns = parse::words(first).count().saturating_sub(1).clamp(4, 16);
        stat.tail = first.len() + 1;
        let mut in_cpus = true;
        for line in lines {
            in_cpus &= line.starts_with(b"cpu");
            if in_cpus {
                stat.tail += line.len() + 1;
                stat.cpus += 1;
            } else if let Some(seconds) = line.strip_prefix(b"btime ") {
                stat.boot_time = parse::number(seconds).unwrap_or(0);
                break;
            }
        }
        Some(stat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_the_running_kernel() {
        let text =
            b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 5 0 0\nctxt 9\nbtime 1795155392\n";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.columns, stat.cpus, stat.boot_time), (10, 1, 1_795_155_392));
        assert!(text[stat.tail..].starts_with(b"intr"));
        assert!(Stat::parse(b"intr 5\n").is_none());
        assert!(Stat::parse(b"cpu").is_none());
    }
}
