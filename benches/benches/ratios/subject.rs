//! One limited container with a process in it, on the running machine.

use cgview::source::{Keep, Live};
use cgview::{Container, Error, Load, Machine, Subject};
use cgview_benches::cgroups::Cgroups;

/// The running machine, whose hierarchies tell where to make cgroups.
pub(crate) fn live(keep: Keep) -> Result<Machine<Live>, Error> {
    Machine::new(Live::new(keep)?)
}

/// Makes cgroups on every hierarchy.
pub(crate) fn make(count: usize) -> Result<Cgroups, Box<dyn std::error::Error>> {
    let made = Cgroups::new(live(Keep::Nothing)?.layout().mounts(), count);
    made.map_err(|error| format!("cgroups cannot be made here (root?): {error}").into())
}

/// A container of a path, with load averages as a caller who ticks them would have.
pub(crate) fn container<S: cgview::source::Source>(
    machine: &mut Machine<S>,
    path: &str,
) -> Result<Container<S>, Error> {
    let mut container = machine.container(&Subject::Cgroup(path.to_owned()))?;
    container.load = Some(Load::default());
    Ok(container)
}
