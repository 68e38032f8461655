//! From the options that every subcommand shares to a machine and a container on it.

use crate::cli::View;
use cgview::source::{Keep, Live, Source, Tree};
use cgview::{Container, Error, Machine, ProcFile};
use std::fmt;
use std::io::{self, BufWriter, StdoutLock, Write};
use std::process::ExitCode;

/// Something to do with a container, wherever its files come from.
pub(crate) trait Task {
    /// How much of the running machine to hold open: nothing, unless it is read again and again.
    fn keep(&self) -> Keep {
        Keep::Nothing
    }

    fn run<S: Source>(
        self,
        machine: &mut Machine<S>,
        container: &mut Container<S>,
    ) -> Result<ExitCode, Failure>;
}

/// Finds the container and does the task.
pub(crate) fn with_machine(view: &View, task: impl Task) -> Result<ExitCode, Failure> {
    match &view.root {
        Some(root) => with_source(Tree::open(root)?, view, task),
        None => with_source(Live::new(task.keep())?, view, task),
    }
}

fn with_source<S: Source>(source: S, view: &View, task: impl Task) -> Result<ExitCode, Failure> {
    let mut machine = Machine::new(source)?;
    let mut container = machine.container(&view.subject())?;
    container.policy = view.policy();
    task.run(&mut machine, &mut container)
}

/// What ends the program, or keeps one file from being shown.
#[derive(Debug)]
pub(crate) enum Failure {
    View(Error),
    NotServed {
        name: String,
        meant: Option<ProcFile>,
    },
    Ring(mbuf::Error),
    /// Anything else, as it is to be told.
    Told(String),
    Output(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::View(error) => error.fmt(f),
            Self::NotServed { name, meant: Some(file) } => {
                write!(f, "{name} is not served: did you mean {}?", file.path())
            }
            Self::NotServed { name, meant: None } => {
                write!(f, "{name} is not served: `cgview show --help` lists the files that are")
            }
            Self::Ring(error) => error.fmt(f),
            Self::Told(why) => f.write_str(why),
            Self::Output(error) => write!(f, "cannot write: {error}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::View(error)
    }
}

impl From<mbuf::Error> for Failure {
    fn from(error: mbuf::Error) -> Self {
        Self::Ring(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// One line on standard error. If nobody hears it there is nobody else to tell.
pub(crate) fn complain(failure: &Failure) {
    let line = format!("cgview: {failure}\n");
    _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Standard output in large pieces.
pub(crate) fn output() -> BufWriter<StdoutLock<'static>> {
    BufWriter::with_capacity(64 << 10, io::stdout().lock())
}
