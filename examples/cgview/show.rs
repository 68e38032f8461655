//! `cgview show`: files as the container should see them.

use crate::files;
use crate::view::{Failure, Task, complain, output};
use cgview::source::Source;
use cgview::{Container, Error, Machine, ProcFile};
use std::io::Write;
use std::process::ExitCode;

pub(crate) struct Show<'a> {
    /// The files as they were named; none for all.
    pub(crate) names: &'a [String],
}

impl Task for Show<'_> {
    fn run<S: Source>(
        self,
        machine: &mut Machine<S>,
        container: &mut Container<S>,
    ) -> Result<ExitCode, Failure> {
        let mut out = output();
        let exit = match self.names {
            [] => all(machine, container, &mut out)?,
            [name] => {
                out.write_all(machine.read(container, files::find(name)?)?)?;
                ExitCode::SUCCESS
            }
            names => several(names, machine, container, &mut out)?,
        };
        out.flush()?;
        Ok(exit)
    }
}

/// Every file that the running kernel has.
fn all<S: Source>(
    machine: &mut Machine<S>,
    container: &mut Container<S>,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut shown = Shown::default();
    let mut left_out = None;
    for file in ProcFile::ALL {
        match machine.read(container, file) {
            Ok(text) => shown.print(file, text, out)?,
            Err(error @ (Error::NotServed { .. } | Error::Missing { .. })) => {
                _ = left_out.get_or_insert(error)
            }
            Err(error) => shown.fail(error.into(), out)?,
        }
    }
    match left_out {
        // No kernel lacks them all: this is not a tree of one.
        Some(error) if shown.is_nothing() => Err(error.into()),
        _ => Ok(shown.exit()),
    }
}

/// The named files, in the order in which they were named.
fn several<S: Source>(
    names: &[String],
    machine: &mut Machine<S>,
    container: &mut Container<S>,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut shown = Shown::default();
    for name in names {
        let file = match files::find(name) {
            Ok(file) => file,
            Err(failure) => {
                shown.fail(failure, out)?;
                continue;
            }
        };
        match machine.read(container, file) {
            Ok(text) => shown.print(file, text, out)?,
            Err(error) => shown.fail(error.into(), out)?,
        }
    }
    Ok(shown.exit())
}

/// How it went so far.
#[derive(Default)]
struct Shown {
    printed: bool,
    failed: bool,
}

impl Shown {
    /// Prints a file below a header, as `head` does.
    fn print(&mut self, file: ProcFile, text: &[u8], out: &mut impl Write) -> Result<(), Failure> {
        let before = if self.printed { "\n" } else { "" };
        writeln!(out, "{before}==> {} <==", file.path())?;
        out.write_all(text)?;
        self.printed = true;
        Ok(())
    }

    /// Tells of a file that cannot be printed, behind those before it. Without its cgroup no other can.
    fn fail(&mut self, failure: Failure, out: &mut impl Write) -> Result<(), Failure> {
        if let Failure::View(Error::CgroupGone { .. }) = failure {
            return Err(failure);
        }
        out.flush()?;
        complain(&failure);
        self.failed = true;
        Ok(())
    }

    const fn is_nothing(&self) -> bool {
        !self.printed && !self.failed
    }

    const fn exit(&self) -> ExitCode {
        if self.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}
