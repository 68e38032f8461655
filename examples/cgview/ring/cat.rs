//! `cgview mbuf cat`: what a ring holds, whoever left it behind.

use super::order::Batch;
use super::print::{Format, Printer};
use super::select::Select;
use super::slots::SlotName;
use crate::view::{Failure, output};
use mbuf::{Error, Reader};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

pub(super) fn cat(
    path: &Path,
    slot: Option<&SlotName>,
    select: &Select,
    format: Format,
) -> Result<ExitCode, Failure> {
    // Not mapped: whoever wrote the file, and whatever happens to it, cannot end this process.
    let reader = Reader::open_unmapped(path)?;
    let choice = select.of(&reader)?;
    let slots = match slot {
        Some(slot) => vec![slot.get(&reader)?],
        None => reader.taken().collect(),
    };
    let mut batches = Vec::new();
    for slot in &slots {
        match copy(&reader, slot.slot) {
            Ok(batch) => batches.push(batch),
            // Given up meanwhile: then it holds nothing.
            Err(Error::SlotGone { .. } | Error::SlotFree { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let mut printer = Printer::new(output(), format, choice, batches.len() > 1);
    printer.records(&reader, batches.iter())?;
    printer.out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn copy(reader: &Reader, slot: usize) -> Result<Batch, Error> {
    let info = reader.info(slot)?;
    let mut batch = Batch::new(info.id, info.name);
    reader.snapshot(info.id, &mut batch.records)?;
    Ok(batch)
}
