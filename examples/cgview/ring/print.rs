//! Records as lines, in the format that was asked for.

use super::order::{Batch, in_order};
use crate::view::{Failure, complain};
use mbuf::text::{self, Origin};
use mbuf::{Choice, Reader, Record};
use std::io::Write;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Utc,
    Json,
    Kernel,
    KernelLines,
}

/// Prints records, and what else is to be told among them.
pub(super) struct Printer<W> {
    pub(super) out: W,
    pub(super) format: Format,
    pub(super) choice: Choice,
    /// Whether to say which slot a record is from; JSON always does.
    pub(super) names: bool,
    line: Vec<u8>,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(out: W, format: Format, choice: Choice, names: bool) -> Self {
        Self { out, format, choice, names, line: Vec::new() }
    }

    /// Prints the records of all batches in one order.
    pub(super) fn records<'a>(
        &mut self,
        reader: &Reader,
        batches: impl Iterator<Item = &'a Batch>,
    ) -> Result<(), Failure> {
        in_order(batches, |origin, record| {
            if self.choice.takes(record) { self.record(reader, origin, record) } else { Ok(()) }
        })
    }

    fn record(&mut self, reader: &Reader, origin: &Origin<'_>, record: &Record<'_>) -> Result<(), Failure> {
        let Self { line, names, .. } = self;
        line.clear();
        let named = names.then_some(origin);
        let time_of_day = || reader.time_of_day(record.time_ns);
        match self.format {
            Format::Plain => text::plain(record, named, None, line),
            Format::Utc => text::plain(record, named, time_of_day(), line),
            Format::Json => text::json(record, origin, time_of_day(), line),
            Format::Kernel => text::kernel(record, line),
            Format::KernelLines => text::kernel_lines(record, line),
        }
        match (self.format, named) {
            // The kernel's lines have no room for a name, so it comes before them, as grep has it for files.
            (Format::Kernel | Format::KernelLines, Some(origin)) => {
                let name = kernel_name(origin);
                for line in line.split_inclusive(|byte| *byte == b'\n') {
                    self.out.write_all(name.as_bytes())?;
                    self.out.write_all(line)?;
                }
            }
            _ => self.out.write_all(line)?,
        }
        Ok(())
    }

    /// Tells of something that is no record: among them, or on standard error where a format has no room for it.
    pub(super) fn event(&mut self, event: Event, slot: &Batch) -> Result<(), Failure> {
        let mut name = Vec::new();
        text::escape(&slot.name, &mut name);
        let mut whose = String::from_utf8_lossy(&name).into_owned();
        if whose.is_empty() {
            whose = format!("#{}", slot.slot.slot);
        }
        let told = match event {
            Event::Lost(records) => format!("{records} records lost"),
            Event::GivenUp => "the slot was given up".to_owned(),
        };
        match self.format {
            Format::Plain | Format::Utc if self.names => writeln!(self.out, "... {whose}: {told} ...")?,
            Format::Plain | Format::Utc => writeln!(self.out, "... {told} ...")?,
            Format::Json => writeln!(self.out, "{}", event.json(slot))?,
            Format::Kernel | Format::KernelLines => complain(&Failure::Told(format!("{whose}: {told}"))),
        }
        Ok(())
    }
}

/// What can happen to a slot that is followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// So many records were overwritten before they could be read.
    Lost(u64),
    /// Its owner gave it up.
    GivenUp,
}

impl Event {
    fn json(self, slot: &Batch) -> serde_json::Value {
        let (key, value) = match self {
            Self::Lost(records) => ("lost", records.into()),
            Self::GivenUp => ("given_up", true.into()),
        };
        let mut object = serde_json::Map::new();
        object.insert(key.to_owned(), value);
        object.insert("slot".to_owned(), slot.slot.slot.into());
        object.insert("name".to_owned(), String::from_utf8_lossy(&slot.name).into());
        object.insert("generation".to_owned(), slot.slot.generation.into());
        object.into()
    }
}

/// A slot's name as the kernel would print it, without what separates it from the line.
fn kernel_name(origin: &Origin<'_>) -> String {
    let is_kept = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'\\' | b':');
    let name: String = origin.name.iter().copied().filter(is_kept).map(char::from).collect();
    if name.is_empty() { format!("#{}:", origin.slot.slot) } else { format!("{name}:") }
}
