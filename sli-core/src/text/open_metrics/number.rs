//! Numbers as the format likes them.

/// A number as the format's canonical texts have it: the shortest digits that mean it, with an exponent where it is below
/// 0.0001 or from 10^6 on, and never without a point.
pub(super) fn canonical(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let scientific = format!("{value:e}");
    let parts = scientific.split_once('e');
    let exponent: i32 = parts.and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or_default();
    let digits = parts.map_or("NaN", |(digits, _)| digits);
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') || value.is_nan() { plain } else { plain + ".0" }
}

/// Nanoseconds as seconds, to the last one.
pub(super) fn seconds(nanoseconds: u64) -> String {
    let (whole, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    if rest == 0 {
        return format!("{whole}.0");
    }
    let text = format!("{whole}.{rest:09}");
    text.trim_end_matches('0').into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_canonical() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.001, "0.001"),
            (1e-5, "1e-05"),
            (0.000_1, "0.0001"),
            (1e6, "1e+06"),
            (123_456.0, "123456.0"),
            (1_234_567.0, "1.234567e+06"),
            (0.001_048_575, "0.001048575"),
            (1.5e-9, "1.5e-09"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(value), text);
        }
        assert_eq!(seconds(u64::MAX), "18446744073.709551615");
        assert_eq!((seconds(0).as_str(), seconds(1_500_000_000).as_str()), ("0.0", "1.5"));
    }
}
