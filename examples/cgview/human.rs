//! Numbers for people.

/// `512.0 MiB`: powers of 1024, rounded to a tenth.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut unit = 1024u128;
    for name in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
        let tenths = rounded(u128::from(bytes) * 10, unit);
        // Not "1024.0 KiB".
        if tenths < 10_240 {
            return format!("{} {name}", with_tenth(tenths));
        }
        unit *= 1024;
    }
    format!("{} EiB", with_tenth(rounded(u128::from(bytes) * 10, unit)))
}

/// `14.36 s`, `2 h 05 min`: two parts at most.
pub(crate) fn duration(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    match seconds {
        0 if nanoseconds < 1_000 => format!("{nanoseconds} ns"),
        0 if nanoseconds < 1_000_000 => format!("{} us", nanoseconds / 1_000),
        0 => format!("{} ms", nanoseconds / 1_000_000),
        1..60 => format!("{seconds}.{:02} s", nanoseconds / 10_000_000 % 100),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// `1.50 CPUs`, from billionths of one.
pub(crate) fn cpus(nano_cpus: u64) -> String {
    let hundredths = rounded(u128::from(nano_cpus), 10_000_000);
    format!("{}.{:02} CPUs", hundredths / 100, hundredths % 100)
}

/// `98.1 %`
pub(crate) fn percent(percent: f64) -> String {
    format!("{percent:.1} %")
}

/// `18.81 %`, from hundredths of a percent.
pub(crate) fn centipercent(hundredths: u64) -> String {
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// `512.0 MiB/s`
pub(crate) fn bytes_per_second(rate: f64) -> String {
    // A rate is a whole number of bytes to the eye; the cast stops at the ends.
    format!("{}/s", bytes(rate as u64))
}

/// `12.5 /s`
pub(crate) fn per_second(rate: f64) -> String {
    format!("{rate:.1} /s")
}

const fn rounded(number: u128, unit: u128) -> u128 {
    (number + unit / 2) / unit
}

fn with_tenth(tenths: u128) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_change_their_unit_where_rounding_does() {
        for (number, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (307_200, "300.0 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_575, "1.0 MiB"),
            (536_870_912, "512.0 MiB"),
            (1 << 40, "1.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(number), shown, "{number}");
        }
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        for (number, shown) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_999, "1 us"),
            (12_345_678, "12 ms"),
            (14_364_164_000, "14.36 s"),
            (59_999_999_999, "59.99 s"),
            (60_000_000_000, "1 min 00 s"),
            (7_500_000_000_000, "2 h 05 min"),
            (90_000_000_000_000, "1 d 01 h"),
            (u64::MAX, "213503 d 23 h"),
        ] {
            assert_eq!(duration(number), shown, "{number}");
        }
    }

    #[test]
    fn parts_of_a_cpu_and_of_a_second() {
        assert_eq!(cpus(1_500_000_000), "1.50 CPUs");
        assert_eq!(cpus(4_999_999), "0.00 CPUs");
        assert_eq!(cpus(5_000_000), "0.01 CPUs");
        assert_eq!(percent(98.06), "98.1 %");
        assert_eq!(centipercent(1881), "18.81 %");
        assert_eq!(centipercent(5), "0.05 %");
        assert_eq!(bytes_per_second(2048.4), "2.0 KiB/s");
        assert_eq!(bytes_per_second(-1.0), "0 B/s");
        assert_eq!(per_second(12.5), "12.5 /s");
    }
}
