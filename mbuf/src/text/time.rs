//! Times as text.

use super::put;
use std::time::SystemTime;

const NANOSECONDS: u64 = 1_000_000_000;

/// `[  123.000000456]`: seconds as wide as dmesg has them.
pub(super) fn seconds(time_ns: u64, out: &mut Vec<u8>) {
    put(out, format_args!("[{:>5}.{:09}]", time_ns / NANOSECONDS, time_ns % NANOSECONDS));
}

/// `2023-11-14T22:13:20.000000001Z`: RFC 3339, always in UTC and of one width.
pub(super) fn rfc3339(time: SystemTime, out: &mut Vec<u8>) {
    // What was before 1970 has no place here: no ring is that old.
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (seconds, ns) = (since_1970.as_secs(), since_1970.subsec_nanos());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    put(out, format_args!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ns:09}Z"));
}

/// Year, month and day of so many days since 1970, by the calendar in which a year begins in March: the leap day is
/// its last, and the months' lengths repeat every five.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (era * 400 + year_of_era + is_next_year as u64, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_those_of_date() {
        // As `date -u -d @... +%FT%TZ` prints them.
        for (seconds, shown) in [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (1_735_689_600, "2025-01-01T00:00:00"),
            (4_107_542_400, "2100-03-01T00:00:00"),
            (18_446_744_073, "2554-07-21T23:34:33"),
        ] {
            let mut out = Vec::new();
            rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{shown}.000000000Z"));
        }
    }

    #[test]
    fn days_follow_each_other() {
        let mut last = date(0);
        for days in 1..300_000 {
            let now = date(days);
            let (year, month, day) = last;
            let next = [(year, month, day + 1), (year, month + 1, 1), (year + 1, 1, 1)];
            assert!(next.contains(&now) && now.1 <= 12 && now.2 <= 31, "{last:?} then {now:?}");
            last = now;
        }
        // As `date -u -d "1970-01-01 +299999 days" +%F` prints it.
        assert_eq!(last, (2791, 5, 16));
    }

    #[test]
    fn what_is_before_1970_or_far_away_does_no_harm() {
        let mut out = Vec::new();
        let second = Duration::from_secs(1);
        rfc3339(SystemTime::UNIX_EPOCH - second, &mut out);
        let far = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1 << 62));
        rfc3339(far.unwrap_or(SystemTime::UNIX_EPOCH), &mut out);
        assert!(out.starts_with(b"1970-01-01T00:00:00.000000000Z"));
    }
}
