//! `cgview mbuf stat`: how a ring is made, who writes, and what its slots count.

use crate::human;
use crate::view::{Failure, output};
use mbuf::{Clock, LaneInfo, OwnerInfo, Reader, SlotInfo, text};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn stat(path: &Path, as_json: bool) -> Result<ExitCode, Failure> {
    let reader = Reader::open_unmapped(path)?;
    let slots: Vec<SlotInfo> = reader.taken().filter_map(|id| reader.info(id.slot).ok()).collect();
    let mut out = output();
    if as_json {
        writeln!(out, "{}", object(&reader, &slots))?;
    } else {
        table(&reader, &slots, &mut out)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn table(reader: &Reader, slots: &[SlotInfo], out: &mut impl Write) -> io::Result<()> {
    let (own, common, lane) = (reader.own_lanes(), reader.common_lanes(), reader.lane_bytes() as u64);
    let lanes = own + common;
    writeln!(out, "slots           {}, {} of them taken", reader.slots(), slots.len())?;
    writeln!(out, "lanes in each   {own} own, {common} common, of {} each", human::bytes(lane))?;
    writeln!(out, "bytes in each   {}", human::bytes(lane.saturating_mul(lanes as u64)))?;
    writeln!(out, "longest record  {} B", reader.max_record())?;
    writeln!(out, "clock           {}", clock(reader.clock()))?;
    match reader.limit() {
        Some(limit) => {
            writeln!(out, "limit           {} records in {} s", limit.burst, limit.interval.as_secs_f64())?
        }
        None => writeln!(out, "limit           none")?,
    }
    let owners = reader.owners();
    let alive = owners.iter().filter(|owner| owner.is_alive == Some(true)).count();
    let most = reader.most_owners();
    if owners.iter().any(|owner| owner.is_alive.is_none()) {
        writeln!(out, "writers         {} of at most {most}; who lives is not known", owners.len())?;
    } else {
        writeln!(out, "writers         {alive} alive, of at most {most}")?;
    }
    // The numbers of all that ever wrote would be many.
    let holds = |number| slots.iter().flat_map(|slot| &slot.lanes).any(|lane| lane.owner == Some(number));
    let is_shown = |owner: &&OwnerInfo| owner.is_alive != Some(false) || holds(owner.number);
    let shown: Vec<&OwnerInfo> = owners.iter().filter(is_shown).collect();
    if !shown.is_empty() {
        writeln!(out, "\n{:>6} {:>10}  ALIVE", "WRITER", "PID")?;
    }
    for OwnerInfo { number, pid, is_alive, .. } in shown {
        writeln!(out, "{number:>6} {pid:>10}  {}", yes_or_no(*is_alive))?;
    }
    if !slots.is_empty() {
        writeln!(
            out,
            "\n{:>6} {:>10} {:>9} {:>10} {:>6} {:>7} {:>7} {:>10} {:>10}  NAME",
            "SLOT",
            "GENERATION",
            "OWN LANES",
            "RECORDS",
            "LOST",
            "REFUSED",
            "LIMITED",
            "UNFINISHED",
            "TAKEN OVER"
        )?;
    }
    slots.iter().try_for_each(|slot| row(slot, own, out))
}

fn row(slot: &SlotInfo, own: usize, out: &mut impl Write) -> io::Result<()> {
    let in_use = slot.lanes.iter().filter(|lane| lane.is_own && lane.owner.is_some()).count();
    let mut name = Vec::new();
    text::escape(&slot.name, &mut name);
    write!(
        out,
        "{:>6} {:>10} {:>9} {:>10} {:>6} {:>7} {:>7} {:>10} {:>10}  ",
        slot.id.slot,
        slot.id.generation,
        format!("{in_use} of {own}"),
        records(slot),
        slot.lost,
        slot.refused,
        slot.limited,
        sum(slot, |lane| lane.unfinished),
        sum(slot, |lane| lane.taken_over),
    )?;
    out.write_all(&name)?;
    writeln!(out)
}

/// A sum over the lanes of a slot; of a file that lies, the most that there can be.
fn sum(slot: &SlotInfo, of: impl Fn(&LaneInfo) -> u64) -> u64 {
    slot.lanes.iter().map(of).fold(0, u64::saturating_add)
}

/// All that were written into a slot for its owner of now.
fn records(slot: &SlotInfo) -> u64 {
    sum(slot, |lane| if lane.is_current { lane.records } else { 0 })
}

fn yes_or_no(known: Option<bool>) -> &'static str {
    known.map_or("not known", |is| if is { "yes" } else { "no" })
}

fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Monotonic => "monotonic",
        Clock::Coarse => "coarse",
        Clock::Tsc => "tsc",
        Clock::Caller => "caller",
        _ => "not known",
    }
}

fn object(reader: &Reader, slots: &[SlotInfo]) -> Value {
    let owners = reader.owners();
    let owner =
        |owner: &OwnerInfo| json!({"writer": owner.number, "pid": owner.pid, "alive": owner.is_alive});
    json!({
        "slots": reader.slots(),
        "own_lanes": reader.own_lanes(),
        "common_lanes": reader.common_lanes(),
        "lane_bytes": reader.lane_bytes(),
        "max_record_bytes": reader.max_record(),
        "clock": clock(reader.clock()),
        "limit": reader.limit().map(|limit| json!({
            "burst": limit.burst,
            "interval_ns": u64::try_from(limit.interval.as_nanos()).unwrap_or(u64::MAX),
        })),
        "max_writers": reader.most_owners(),
        "writers": owners.iter().map(owner).collect::<Value>(),
        "taken": slots.iter().map(slot_object).collect::<Value>(),
    })
}

fn slot_object(slot: &SlotInfo) -> Value {
    let lane = |lane: &LaneInfo| {
        json!({
            "own": lane.is_own,
            "writer": lane.owner,
            "alive": lane.is_alive,
            "current": lane.is_current,
            "records": lane.records,
            "used_bytes": lane.used,
            "unfinished": lane.unfinished,
            "taken_over": lane.taken_over,
        })
    };
    json!({
        "slot": slot.id.slot,
        "name": String::from_utf8_lossy(&slot.name),
        "generation": slot.id.generation,
        "records": records(slot),
        "lost": slot.lost,
        "refused": slot.refused,
        "limited": slot.limited,
        "unfinished": sum(slot, |lane| lane.unfinished),
        "taken_over": sum(slot, |lane| lane.taken_over),
        "lanes": slot.lanes.iter().map(lane).collect::<Value>(),
    })
}
