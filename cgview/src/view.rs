//! The simplest way in: one container, read whenever one likes.

use crate::container::Container;
use crate::error::Error;
use crate::machine::Machine;
use crate::proc::ProcFile;
use crate::source::Source;
use crate::stats::Stats;
use crate::subject::Subject;
use crate::sysinfo::Sysinfo;

/// One container of one machine. Every read is of the moment.
///
/// For many containers use a [`Machine`], which reads what they share once for all of them.
///
/// ```no_run
/// # #[cfg(feature = "live")] {
/// use cgview::{ProcFile, Subject, View, source::{Keep, Live}};
///
/// let mut view = View::new(Live::new(Keep::All)?, &Subject::Own)?;
/// print!("{}", String::from_utf8_lossy(view.read(ProcFile::Meminfo)?));
/// println!("{:?} bytes in use", view.stats()?.memory_usage_bytes);
/// # }
/// # Ok::<(), cgview::Error>(())
/// ```
#[derive(Debug)]
pub struct View<S: Source> {
    machine: Machine<S>,
    container: Container<S>,
}

impl<S: Source> View<S> {
    /// The view of a subject.
    ///
    /// # Errors
    /// As [`Machine::new`] and [`Machine::container`].
    pub fn new(source: S, subject: &Subject) -> Result<Self, Error> {
        let mut machine = Machine::new(source)?;
        let container = machine.container(subject)?;
        Ok(Self { machine, container })
    }

    /// Shows a file as the container would see it now. Good until the next call.
    ///
    /// # Errors
    /// As [`Machine::read`].
    pub fn read(&mut self, file: ProcFile) -> Result<&[u8], Error> {
        self.machine.refresh();
        self.machine.read(&mut self.container, file)
    }

    /// The container's accounts now.
    ///
    /// # Errors
    /// As [`Machine::stats`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.machine.refresh();
        self.machine.stats(&mut self.container)
    }

    /// What `sysinfo(2)` would tell now.
    ///
    /// # Errors
    /// As [`Machine::sysinfo`].
    pub fn sysinfo(&mut self) -> Result<Sysinfo, Error> {
        self.machine.refresh();
        self.machine.sysinfo(&mut self.container)
    }

    /// The machine and the container, for what is not offered here.
    pub const fn parts(&mut self) -> (&mut Machine<S>, &mut Container<S>) {
        (&mut self.machine, &mut self.container)
    }
}
