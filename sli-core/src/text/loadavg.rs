//! `/proc/loadavg` and OpenCloudOS' `cpuset.loadavg`.
//!
//! The latter has three such averages of the tasks directly in a cpuset: of all that run or are blocked, behind the line of
//! `/proc/loadavg`; of those that run; of those that are blocked. Linux 6.6 has the first line only.

use super::line;
use crate::error::Error;
use crate::load_average::LoadAverages;
use std::fmt;

/// Averages over 1, 5 and 15 minutes, in hundredths: `20.03 9.85 3.88`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hundredths(
    /// Hundredths of a task.
    pub [u64; 3],
);

impl Hundredths {
    fn parse<'a>(number: usize, words: &mut impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        let mut average = |minutes: &str| {
            let word = words.next().unwrap_or_default();
            let hundredths =
                word.split_once('.').filter(|(_, cents)| cents.len() == 2).and_then(|(whole, cents)| {
                    let whole = line::whole(number, minutes, whole).ok()?;
                    whole.checked_mul(100)?.checked_add(line::whole(number, minutes, cents).ok()?)
                });
            hundredths.ok_or_else(|| line::refuse(number, format!("{minutes}: {word:?} is no load average")))
        };
        Ok(Self([average("1 minute")?, average("5 minutes")?, average("15 minutes")?]))
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, five, fifteen] = self.0.map(|average| (average / 100, average % 100));
        write!(f, "{}.{:02} {}.{:02} {}.{:02}", one.0, one.1, five.0, five.1, fifteen.0, fifteen.1)
    }
}

/// The line of `/proc/loadavg`: `20.03 9.85 3.88 1/339 3852`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loadavg {
    /// Tasks that run or are blocked.
    pub averages: Hundredths,
    /// Tasks that run now.
    pub running: u64,
    /// Tasks that there are now: of the whole machine even in `cpuset.loadavg`.
    pub tasks: u64,
    /// The last process id that was given away.
    pub last_pid: u64,
}

impl Loadavg {
    /// Reads the line.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if it is not three averages with two decimals, two numbers around a slash, and one more.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (number, content) = line::only(text, "loadavg")?;
        Self::of_line(number, content)
    }

    fn of_line(number: usize, content: &str) -> Result<Self, Error> {
        let mut words = content.split_ascii_whitespace();
        let averages = Hundredths::parse(number, &mut words)?;
        let tasks = words.next().unwrap_or_default();
        let (running, tasks) = tasks
            .split_once('/')
            .ok_or_else(|| line::refuse(number, format!("{tasks:?} is not running/all tasks")))?;
        let loadavg = Self {
            averages,
            running: line::whole(number, "running tasks", running)?,
            tasks: line::whole(number, "tasks", tasks)?,
            last_pid: line::whole(number, "last pid", words.next().unwrap_or_default())?,
        };
        match words.next() {
            None => Ok(loadavg),
            Some(more) => Err(line::refuse(number, format!("{more:?} after the last pid"))),
        }
    }
}

/// The line, with the newline.
impl fmt::Display for Loadavg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}/{} {}", self.averages, self.running, self.tasks, self.last_pid)
    }
}

/// `cpuset.loadavg`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpusetLoadavg {
    /// Tasks that run or are blocked.
    pub all: Loadavg,
    /// Tasks that run, and tasks that are blocked; none on Linux 6.6.
    pub split: Option<(Hundredths, Hundredths)>,
}

impl CpusetLoadavg {
    /// That of averages, with what else the first line says.
    #[must_use]
    pub fn new(load: &LoadAverages, running: u64, tasks: u64, last_pid: u64) -> Self {
        let [all, running_only, blocked] =
            [load.all, load.running, load.blocked].map(|averages| Hundredths(averages.hundredths()));
        let all = Loadavg { averages: all, running, tasks, last_pid };
        Self { all, split: Some((running_only, blocked)) }
    }

    /// Reads the three lines, or the first one alone.
    ///
    /// # Errors
    ///
    /// [`Error::Text`] if they are not that.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut lines = line::numbered(text);
        let (number, content) = lines.next().ok_or_else(|| line::refuse(1, "no loadavg"))?;
        let all = Loadavg::of_line(number, content)?;
        let averages = |(number, content): (usize, &str)| {
            let mut words = content.split_ascii_whitespace();
            let averages = Hundredths::parse(number, &mut words)?;
            match words.next() {
                None => Ok(averages),
                Some(more) => Err(line::refuse(number, format!("{more:?} after three averages"))),
            }
        };
        let split: Vec<Hundredths> = lines.map(averages).collect::<Result<_, _>>()?;
        match split.as_slice() {
            [] => Ok(Self { all, split: None }),
            [running, blocked] => Ok(Self { all, split: Some((*running, *blocked)) }),
            more => {
                Err(line::refuse(number, format!("{} lines follow it, expected are none or two", more.len())))
            }
        }
    }
}

/// The text, to the byte.
impl fmt::Display for CpusetLoadavg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.fmt(f)?;
        match self.split {
            Some((running, blocked)) => write!(f, "{running}\n{blocked}\n"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_average::{Averages, TaskCounts};

    #[test]
    fn both_are_read_and_written_to_the_byte() {
        let three = "20.03 9.85 3.88 1/339 3852\n6.56 3.96 1.62\n13.46 5.89 2.27\n";
        let read = CpusetLoadavg::parse(three).unwrap();
        assert_eq!((read.to_string().as_str(), read.all.averages.0), (three, [2003, 985, 388]));
        let one = "0.00 0.01 0.05 2/1024 99\n";
        assert_eq!(CpusetLoadavg::parse(one).unwrap().split, None);
        assert_eq!(Loadavg::parse(one).unwrap().to_string(), one);
    }

    #[test]
    fn averages_are_printed_as_the_kernel_does() {
        let mut load = LoadAverages::default();
        for now in 0..=61 {
            load.tick(now * 1_000_000_000, TaskCounts { running: 1, blocked: 0 });
        }
        let text = CpusetLoadavg::new(&load, 1, 2, 3).to_string();
        assert_eq!(text, "0.63 0.18 0.06 1/2 3\n0.63 0.18 0.06\n0.00 0.00 0.00\n");
        load.all = Averages([u64::MAX; 3]);
        let text = CpusetLoadavg::new(&load, 1, 2, 3).to_string();
        assert_eq!(CpusetLoadavg::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn errors_name_the_line_and_the_value() {
        for (text, error) in [
            ("", "line 1: no loadavg"),
            ("1.5 0.00 0.00 1/2 3", "line 1: 1 minute: \"1.5\" is no load average"),
            ("1.50 0.00 0.00 12 3", "line 1: \"12\" is not running/all tasks"),
            ("1.50 0.00 0.00 1/2 3 4", "line 1: \"4\" after the last pid"),
            ("1.50 0.00 0.00 1/2 3\n1.50 0.00 0.00", "line 1: 1 lines follow it, expected are none or two"),
            (
                "1.50 0.00 0.00 1/2 3\n1.50 0.00\n1.50 0.00 0.00",
                "line 2: 15 minutes: \"\" is no load average",
            ),
        ] {
            assert_eq!(CpusetLoadavg::parse(text).unwrap_err().to_string(), error);
        }
    }
}
