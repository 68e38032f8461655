//! `cgview mbuf`: rings of log records in shared memory.

mod cat;
pub(crate) mod cli;
mod create;
mod follow;
mod lines;
mod order;
mod print;
mod select;
mod slots;
mod stat;
mod write;

use crate::view::Failure;
use cli::Mbuf;
use std::process::ExitCode;

pub(crate) fn run(command: Mbuf) -> Result<ExitCode, Failure> {
    match command {
        Mbuf::Create(create) => create::create(&create),
        Mbuf::Write { path, slot, text, level, fields } => {
            let write = write::Write { level, fields: &fields };
            write.run(&path, &slot, text.as_deref())
        }
        Mbuf::Cat { path, slot, select, format } => cat::cat(&path, slot.as_ref(), &select, format.into()),
        Mbuf::Follow { path, slot, select, format } => {
            follow::follow(&path, slot.as_ref(), &select, format.into())
        }
        Mbuf::Stat { path, json } => stat::stat(&path, json),
        Mbuf::Take { path, name } => slots::take(&path, &name),
        Mbuf::Release { path, slot } => slots::release(&path, &slot),
        Mbuf::Grow { path, slots } => slots::grow(&path, slots),
    }
}
