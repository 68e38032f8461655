//! What the command line may say behind `cgview mbuf`, and the help that goes with it.

use super::create::{ClockName, bytes, limit, mode};
use super::select::{LevelName, Select};
use super::slots::SlotName;
use super::write::Field;
use clap::{Args, Subcommand, ValueHint};
use mbuf::{Level, Limit};
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const MBUF_EXAMPLES: &str = "\
Examples:
  cgview mbuf create /run/mbuf --slots 100 --bytes 64k   room for 100 containers, 64 KiB each
  cgview mbuf write /run/mbuf web-1 started              one record into the slot \"web-1\"
  make 2>&1 | cgview mbuf write /run/mbuf build          a record for each line
  cgview mbuf cat /run/mbuf                              what all slots hold, in one order
  cgview mbuf follow /run/mbuf web-1 --level warn        what comes, warnings and worse
  cgview mbuf stat /run/mbuf                             who writes, how much, what was lost

After a crash:
  cgview mbuf cat /run/mbuf                              on the file as it was left
  cgview mbuf cat ./copy-of-mbuf --utc                   on a copy, on any machine";

const CREATE_EXAMPLES: &str = "\
Examples:
  cgview mbuf create /run/mbuf --slots 100 --bytes 64k
  cgview mbuf create /run/mbuf --slots 512 --bytes 16k --limit 50/5   much as the kernel's own mbuf
  cgview mbuf create /dev/shm/mbuf --slots 8 --bytes 1M --lanes 16 --mode 0660";

const WRITE_EXAMPLES: &str = "\
Examples:
  cgview mbuf write /run/mbuf web-1 'started' --field pid=4711 --field version=v2
  cgview mbuf write /run/mbuf 7 'disk full' --level crit
  ping host 2>&1 | cgview mbuf write /run/mbuf ping -";

const CAT_EXAMPLES: &str = "\
Examples:
  cgview mbuf cat /run/mbuf
  cgview mbuf cat /run/mbuf web-1 --level err --since -10m
  cgview mbuf cat /run/mbuf --json | jq 'select(.fields.ms > 100)'
  cgview mbuf cat ./copy-of-mbuf --utc";

const FOLLOW_EXAMPLES: &str = "\
Examples:
  cgview mbuf follow /run/mbuf
  cgview mbuf follow /run/mbuf web-1 --since now --level warn
  cgview mbuf follow /run/mbuf --json >> all.jsonl";

#[derive(Debug, Subcommand)]
pub(crate) enum Mbuf {
    /// Make a ring in a new file.
    ///
    /// It appears at PATH all at once, whole. A file that is there already is left alone.
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// Write a record, or one for each line of standard input.
    ///
    /// A slot of that number that is free is taken, without a name. A name that no slot has takes a free one. Nothing
    /// of a line that is too long for a record is written; all others are.
    #[command(after_help = WRITE_EXAMPLES)]
    Write {
        /// The ring.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// The slot: its number, or its name.
        ///
        /// Up to seven digits are a number: no ring has more slots than that.
        #[arg(value_name = "SLOT")]
        slot: SlotName,
        /// The record's text; without one, or as "-": each line of standard input, as it comes.
        #[arg(value_name = "TEXT")]
        text: Option<OsString>,
        /// How grave it is: emerg, alert, crit, err, warn, notice, info or debug, or 0 to 7.
        #[arg(long, value_name = "LEVEL", value_parser = LevelName, default_value = "info", hide_possible_values = true)]
        level: Level,
        /// A typed field; may be given again and again.
        ///
        /// A VALUE that looks just like a number (4711, -5, 0.25), true or false is kept as one; all else is text.
        #[arg(long = "field", value_name = "KEY=VALUE")]
        fields: Vec<Field>,
    },
    /// Print the records that a ring holds, of one slot or of all in the order of their times.
    ///
    /// Works on a ring in use, on the file that a crashed program left behind, and on a copy from another
    /// machine. Nothing about the file is trusted: whatever is in it, and even if it is cut meanwhile, at worst this says
    /// so.
    #[command(after_help = CAT_EXAMPLES)]
    Cat {
        /// The ring, or a copy of it.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// Only this slot: its number, or its name.
        #[arg(value_name = "SLOT")]
        slot: Option<SlotName>,
        #[command(flatten)]
        select: Select,
        #[command(flatten)]
        format: FormatOptions,
    },
    /// Print the records that a ring holds, and then each that comes, until interrupted.
    ///
    /// What was overwritten before it could be printed is told: "... 12 records lost ...", or {"lost":12,...}
    /// with --json; on standard error with the kernel's formats. A slot that is given up and taken again is followed
    /// on, and so are new slots, a ring that grows, and a new file at PATH. Where the ring may be opened for writing,
    /// a new record wakes this program; where not, it looks ten times a second.
    #[command(after_help = FOLLOW_EXAMPLES)]
    Follow {
        /// The ring.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// Only this slot: its number, or its name. If it is free yet, this waits for it.
        #[arg(value_name = "SLOT")]
        slot: Option<SlotName>,
        #[command(flatten)]
        select: Select,
        #[command(flatten)]
        format: FormatOptions,
    },
    /// Tell how a ring is made, who writes into it, and what each slot counts.
    ///
    /// Writers are listed while they live, and those that died with a lane in their hands, until it is taken over.
    ///
    /// LOST: all lanes that writers share were busy. REFUSED: too long for a record. LIMITED: over the rate limit.
    /// UNFINISHED: its writer died over it. TAKEN OVER: lanes taken from dead writers.
    Stat {
        /// The ring, or a copy of it.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// Print one JSON object. What is not known is null.
        #[arg(long)]
        json: bool,
    },
    /// Take a free slot under a name, and print its number.
    Take {
        /// The ring.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// The name, such as the container's: at most 184 bytes.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Give a slot up. Its records are erased, and those who still write into it are refused.
    Release {
        /// The ring.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// The slot: its number, or its name.
        #[arg(value_name = "SLOT")]
        slot: SlotName,
    },
    /// Make more slots: so many in all.
    Grow {
        /// The ring.
        #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// How many there are to be. A ring that has as many already stays as it is.
        #[arg(value_name = "N")]
        slots: usize,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The file that is to be made.
    #[arg(value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,
    /// Slots: how many containers there is room for. `cgview mbuf grow` makes more.
    #[arg(long, value_name = "N")]
    pub(crate) slots: usize,
    /// Bytes of records in each slot, all its lanes together: 65536, 64k, 1M.
    ///
    /// Each lane gets the greatest power of two that fits. The longest record is a quarter of a lane, 65535 bytes at
    /// most.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) bytes: usize,
    /// Lanes in each slot that a writer can have for itself, which is the quickest.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) lanes: usize,
    /// Lanes in each slot that all other writers take turns on.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) common: usize,
    /// Where the times of the records come from.
    #[arg(long, value_name = "CLOCK", default_value = "monotonic")]
    pub(crate) clock: ClockName,
    /// The most records that a slot takes within so many seconds, such as 50/5 [default: no limit].
    ///
    /// Those over it are counted, and a record tells of them as soon as one may be written again.
    #[arg(long, value_name = "BURST/SECONDS", value_parser = limit)]
    pub(crate) limit: Option<Limit>,
    /// Who may read and write the file, in octal. A file that anybody can write is not opened again.
    #[arg(long, value_name = "MODE", default_value = "0600", value_parser = mode)]
    pub(crate) mode: u32,
}

/// How to print records.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FormatOptions {
    /// Print one JSON object a line for each record.
    ///
    /// Text that is not UTF-8 is there a second time as "text_hex". A field's key that comes again has an array of
    /// its values.
    #[arg(long, conflicts_with_all = ["kernel", "kernel_lines", "utc"])]
    json: bool,
    /// Print records as the kernel's mbuf does: "<nanoseconds>:<text>", what is not printable ASCII removed.
    ///
    /// Where more than one slot is shown its name stands before it: "<name>:<nanoseconds>:<text>".
    #[arg(long, conflicts_with_all = ["kernel_lines", "utc"])]
    kernel: bool,
    /// The same, and each line of a record a line of its own, as the kernel writes an event and its stack.
    #[arg(long, conflicts_with = "utc")]
    kernel_lines: bool,
    /// Print the time of day, in UTC, instead of the ring's seconds.
    ///
    /// It is reckoned from what the clocks of the ring's machine said when the ring was made. Times that writers
    /// give themselves (--clock caller) stay as they are.
    #[arg(long)]
    utc: bool,
}

impl From<FormatOptions> for super::print::Format {
    fn from(options: FormatOptions) -> Self {
        match options {
            FormatOptions { json: true, .. } => Self::Json,
            FormatOptions { kernel: true, .. } => Self::Kernel,
            FormatOptions { kernel_lines: true, .. } => Self::KernelLines,
            FormatOptions { utc: true, .. } => Self::Utc,
            _ => Self::Plain,
        }
    }
}
