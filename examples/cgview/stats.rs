//! `cgview stats`: what a container uses, once or again and again.

use crate::cli::Repeat;
use crate::table::Table;
use crate::view::{Failure, Task, output};
use cgview::source::{Keep, Source};
use cgview::stats::RateMeter;
use cgview::{Container, Machine, Rates};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) struct Stats<'a> {
    pub(crate) json: bool,
    pub(crate) repeat: &'a Repeat,
}

impl Task for Stats<'_> {
    fn keep(&self) -> Keep {
        if self.repeat.every.is_some() { Keep::Hot } else { Keep::Nothing }
    }

    fn run<S: Source>(
        self,
        machine: &mut Machine<S>,
        container: &mut Container<S>,
    ) -> Result<ExitCode, Failure> {
        let mut out = output();
        let mut meter = RateMeter::new();
        let mut pace = Pace::new(self.repeat);
        loop {
            machine.refresh();
            let stats = machine.stats(container)?;
            let rates = meter.tick(&stats);
            if self.json {
                writeln!(out, "{}", json(&container.path(), &stats, rates.as_ref())?)?;
            } else {
                out.write_all(pace.between_tables().as_bytes())?;
                let watching = self.repeat.every.is_some();
                let table =
                    Table { layout: machine.layout(), stats: &stats, rates: rates.as_ref(), watching };
                write!(out, "{}\n{table}", container.path())?;
            }
            out.flush()?;
            if !pace.wait() {
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

/// One object on one line: the sample, whose it is, and the rates since the one before.
fn json(cgroup: &str, stats: &cgview::Stats, rates: Option<&Rates>) -> io::Result<serde_json::Value> {
    let mut value = serde_json::to_value(stats)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("cgroup".to_owned(), cgroup.into());
        object.insert("rates".to_owned(), serde_json::to_value(rates)?);
    }
    Ok(value)
}

/// When the next sample is due, and whether there is one.
struct Pace {
    every: Option<Duration>,
    due: Instant,
    /// How many are still to come; `None` for no end.
    left: Option<u64>,
    shown: bool,
    terminal: bool,
}

impl Pace {
    fn new(repeat: &Repeat) -> Self {
        Self {
            every: repeat.every,
            due: Instant::now(),
            left: repeat.count,
            shown: false,
            terminal: io::stdout().is_terminal(),
        }
    }

    /// What goes before a table: people watch one that stays in place, files get one below the other.
    fn between_tables(&mut self) -> &'static str {
        let first = !std::mem::replace(&mut self.shown, true);
        match (self.every, self.terminal) {
            (Some(_), true) => "\x1b[H\x1b[J",
            _ if first => "",
            _ => "\n",
        }
    }

    /// Sleeps until the next sample is due. False after the last.
    fn wait(&mut self) -> bool {
        let Some(every) = self.every else { return false };
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return false;
            }
        }
        // Counted from when this one was due, so that the samples do not drift; what was slept through (a
        // suspended machine, a stopped process) is not made up for.
        let now = Instant::now();
        self.due = self.due.checked_add(every).filter(|due| *due > now).unwrap_or(now);
        sleep(self.due.saturating_duration_since(now));
        true
    }
}
