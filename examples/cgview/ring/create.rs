//! `cgview mbuf create`: a new ring.

use super::cli::Create;
use crate::view::Failure;
use clap::ValueEnum;
use mbuf::{Clock, Limit, Options, Ring};
use std::process::ExitCode;
use std::time::Duration;

pub(super) fn create(create: &Create) -> Result<ExitCode, Failure> {
    let options = Options {
        slots: create.slots,
        bytes: create.bytes,
        own_lanes: create.lanes,
        common_lanes: create.common,
        clock: create.clock.into(),
        limit: create.limit,
        mode: create.mode,
        ..Options::default()
    };
    Ring::create(&create.path, &options)?;
    Ok(ExitCode::SUCCESS)
}

/// The clocks, by the names of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ClockName {
    /// The machine's time since it was started, to the nanosecond
    Monotonic,
    /// The same, as exact as the kernel's tick (1 to 10 ms), and cheaper
    Coarse,
    /// The processor's counter: exact and cheap, drifts by some 0.1 s a day
    Tsc,
    /// What each writer says
    Caller,
}

impl From<ClockName> for Clock {
    fn from(name: ClockName) -> Self {
        match name {
            ClockName::Monotonic => Self::Monotonic,
            ClockName::Coarse => Self::Coarse,
            ClockName::Tsc => Self::Tsc,
            ClockName::Caller => Self::Caller,
        }
    }
}

/// `4096`, `64k`, `1M`
pub(super) fn bytes(given: &str) -> Result<usize, String> {
    let (digits, unit) = match given.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1 << 10),
        None => given.strip_suffix(['m', 'M']).map_or((given, 1), |digits| (digits, 1 << 20)),
    };
    let number: Option<usize> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(unit));
    bytes.ok_or_else(|| "not a number of bytes, such as 4096, 64k or 1M".to_owned())
}

/// `50/5`
pub(super) fn limit(given: &str) -> Result<Limit, String> {
    let parts = given.split_once('/').and_then(|(burst, seconds)| {
        let burst = burst.parse().ok().filter(|burst| *burst > 0)?;
        let interval = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
        (!interval.is_zero()).then_some(Limit { burst, interval })
    });
    parts.ok_or_else(|| "not a number of records and of seconds, such as 50/5".to_owned())
}

/// `0600`
pub(super) fn mode(given: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(given, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "not the permissions of a file, such as 0640".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes() {
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!((bytes("64k"), bytes("64K"), bytes("2M")), (Ok(65536), Ok(65536), Ok(2 << 20)));
        for wrong in ["", "k", "1.5k", "-1", "4 k", "4kk", "18446744073709551615k"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_and_modes() {
        assert_eq!(limit("50/5"), Ok(Limit { burst: 50, interval: Duration::from_secs(5) }));
        assert_eq!(limit("1/0.5").unwrap().interval, Duration::from_millis(500));
        for wrong in ["", "50", "50/", "/5", "0/5", "5/0", "5/-1", "5/nan", "-5/5"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
        assert_eq!((mode("0600"), mode("640")), (Ok(0o600), Ok(0o640)));
        for wrong in ["", "rw", "0800", "1777", "-1"] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }
}
