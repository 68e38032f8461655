//! Which records are asked for: by time and by level.

use crate::view::Failure;
use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use mbuf::{Choice, Level, Reader};
use std::ffi::OsStr;
use std::str::FromStr;

/// Which records.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Select {
    /// Only records of this time and later.
    ///
    /// T is the ring's time in seconds, as it is printed (123.456, counted from when the machine was started),
    /// or a time back from now: -10s, "10s ago", -1.5m, -2h, -1d, now. Now is the time of this machine: for a ring
    /// from another one, or from before a restart, take the seconds.
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    since: Option<Since>,
    /// Only records of this level and graver: emerg, alert, crit, err, warn, notice, info or debug, or 0 to 7.
    #[arg(long, value_name = "LEVEL", value_parser = LevelName, hide_possible_values = true)]
    level: Option<Level>,
}

impl Select {
    /// The choice for this ring, whose clock says what now is.
    pub(super) fn of(&self, reader: &Reader) -> Result<Choice, Failure> {
        let since_ns = match self.since {
            None => 0,
            Some(Since::At(ns)) => ns,
            Some(Since::Ago(ns)) => {
                let why =
                    "the ring's times are its writers' own (--clock caller): --since takes seconds only";
                let now = reader.now_ns().ok_or_else(|| Failure::Told(why.to_owned()))?;
                now.saturating_sub(ns)
            }
        };
        let all = Choice::default();
        Ok(Choice { since_ns, level: self.level.unwrap_or(all.level), ..all })
    }
}

/// The T argument, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since {
    At(u64),
    Ago(u64),
}

const SECOND: u64 = 1_000_000_000;

impl FromStr for Since {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let back = given.strip_prefix('-').or_else(|| given.strip_suffix("ago").map(str::trim_end));
        let since = match back {
            _ if given == "now" => Some(Self::Ago(0)),
            Some(back) => with_unit(back).map(Self::Ago),
            None => decimal(given, SECOND).map(Self::At),
        };
        since.ok_or_else(|| "neither seconds, such as 123.456, nor a time back, such as -10s".to_owned())
    }
}

/// `10s`, `1.5m`; without a unit, seconds.
fn with_unit(given: &str) -> Option<u64> {
    let units = [
        ("ms", SECOND / 1000),
        ("s", SECOND),
        ("m", 60 * SECOND),
        ("h", 3600 * SECOND),
        ("d", 86400 * SECOND),
    ];
    let of_unit = |(name, unit): &(&str, u64)| Some((given.strip_suffix(name)?, *unit));
    let (number, unit) = units.iter().find_map(of_unit).unwrap_or((given, SECOND));
    decimal(number, unit)
}

/// A decimal number of these units, to the nanosecond: no floating point number is that exact after some months.
fn decimal(given: &str, unit: u64) -> Option<u64> {
    let (whole, part) = given.split_once('.').unwrap_or((given, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let part = part.get(..part.len().min(12))?;
    let scale = 10_u128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let part = part.parse::<u128>().ok()? * u128::from(unit) / scale;
    whole.checked_add(u64::try_from(part).ok()?)
}

/// Takes the name of a level or its number, and lets completion list the names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LevelName;

impl TypedValueParser for LevelName {
    type Value = Level;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Level, clap::Error> {
        let level = StringValueParser::new().try_map(|name| name.parse::<Level>());
        level.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Level::ALL.into_iter().map(|level| PossibleValue::new(level.name()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_exact() {
        for (given, since) in [
            ("0", Since::At(0)),
            ("123", Since::At(123 * SECOND)),
            ("8640000.123456789", Since::At(8_640_000_123_456_789)),
            ("1.5", Since::At(1_500_000_000)),
            ("-10s", Since::Ago(10 * SECOND)),
            ("-10", Since::Ago(10 * SECOND)),
            ("10s ago", Since::Ago(10 * SECOND)),
            ("1.5m ago", Since::Ago(90 * SECOND)),
            ("-250ms", Since::Ago(250_000_000)),
            ("-2h", Since::Ago(7200 * SECOND)),
            ("-1d", Since::Ago(86400 * SECOND)),
            ("now", Since::Ago(0)),
        ] {
            assert_eq!(given.parse(), Ok(since), "{given}");
        }
        for wrong in
            ["", "-", "ago", "soon", "10s", "1.", ".5", "--1", "-1y", "1e3", "+1", "99999999999999999999"]
        {
            assert!(wrong.parse::<Since>().is_err(), "{wrong}");
        }
    }
}
