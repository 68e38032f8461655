//! How grave a record is.

use std::fmt;
use std::str::FromStr;

/// The levels of syslog and of the kernel, the gravest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// 0: the machine is unusable.
    Emergency = 0,
    /// 1: something has to be done at once.
    Alert = 1,
    /// 2: a critical condition.
    Critical = 2,
    /// 3: an error.
    Error = 3,
    /// 4: a warning.
    Warning = 4,
    /// 5: normal, but worth a notice.
    Notice = 5,
    /// 6: for information.
    #[default]
    Info = 6,
    /// 7: for who looks for a fault.
    Debug = 7,
}

impl Level {
    /// All of them, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Info,
        Self::Debug,
    ];

    /// The level of this number; of a number above 7, [`Debug`](Self::Debug).
    #[must_use]
    pub const fn of(number: u8) -> Self {
        match number {
            0 => Self::Emergency,
            1 => Self::Alert,
            2 => Self::Critical,
            3 => Self::Error,
            4 => Self::Warning,
            5 => Self::Notice,
            6 => Self::Info,
            _ => Self::Debug,
        }
    }

    /// Its name as journalctl and dmesg have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emerg",
            Self::Alert => "alert",
            Self::Critical => "crit",
            Self::Error => "err",
            Self::Warning => "warn",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    /// Takes a name of [`Level::name`] or a number from 0 to 7.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|number| *number < 8);
        let named = Self::ALL.into_iter().find(|level| level.name() == text);
        named.or_else(|| number.map(Self::of)).ok_or_else(|| {
            format!(
                "{text}: no level; there are emerg, alert, crit, err, warn, notice, info and debug, or 0 to 7"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_known_by_name_and_by_number() {
        for level in Level::ALL {
            assert_eq!(level.name().parse(), Ok(level));
            assert_eq!((level as u8).to_string().parse(), Ok(level));
        }
        assert!("8".parse::<Level>().is_err() && "loud".parse::<Level>().is_err());
    }
}
