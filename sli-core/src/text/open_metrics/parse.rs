//! What a scraper reads, and the rules that it checks.

use super::super::line::refuse;
use super::write::{escape, is_name};
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};

/// A family of metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// Its type: `counter`, `gauge`, `histogram` and so on; empty if it is not said.
    pub kind: String,
    /// Its unit, if that is said.
    pub unit: Option<String>,
    /// What it is, if that is said.
    pub help: Option<String>,
    /// Its values.
    pub samples: Vec<Sample>,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its name: that of the family, with an ending by type.
    pub name: String,
    /// Names and values, in order.
    pub labels: Vec<(String, String)>,
    /// The number, as it is written.
    pub value: String,
}

impl Sample {
    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }

    /// The number; none of what is no number.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        number(&self.value)
    }
}

/// Neither hexadecimal nor `infinity` are the format's.
fn number(text: &str) -> Option<f64> {
    match text {
        "+Inf" | "-Inf" | "NaN" => text.parse().ok(),
        _ if text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'+' | b'-' | b'e' | b'E')) => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// Reads it, and checks what the format asks for: families one after another, `# EOF` at last, names and endings by type,
/// units in names, histograms that add up, and no value twice. Timestamps and exemplars are not read.
///
/// # Errors
///
/// [`Error::Text`] with the first line that breaks a rule.
pub fn parse(text: &str) -> Result<Vec<Family>, Error> {
    let mut families: Vec<Family> = Vec::new();
    let mut names = BTreeSet::new();
    let mut series = BTreeSet::new();
    let mut is_over = false;
    let last = text.split_inclusive('\n').count();
    for (at, content) in text.split_inclusive('\n').enumerate() {
        let number = at + 1;
        let content =
            content.strip_suffix('\n').ok_or_else(|| refuse(number, "it does not end in a newline"))?;
        if is_over {
            return Err(refuse(number, format!("{content:?} after # EOF")));
        }
        if content == "# EOF" {
            is_over = true;
            continue;
        }
        if let Some(comment) = content.strip_prefix("# ") {
            let family = describe(number, comment, families.last_mut())?;
            if let Some(family) = family {
                close(number, families.last())?;
                if !names.insert(family.name.clone()) {
                    return Err(refuse(number, format!("family {:?} twice", family.name)));
                }
                families.push(family);
            }
            continue;
        }
        let sample = sample(number, content)?;
        let family = families
            .last_mut()
            .filter(|family| belongs(family, &sample.name))
            .ok_or_else(|| refuse(number, format!("{:?} is no value of the family before", sample.name)))?;
        check_value(number, family, &sample)?;
        if !series.insert((sample.name.clone(), sample.labels.clone())) {
            return Err(refuse(number, format!("{content:?} twice")));
        }
        family.samples.push(sample);
    }
    close(last, families.last())?;
    if is_over { Ok(families) } else { Err(refuse(last.max(1), "no # EOF at the end")) }
}

/// `TYPE name type`, `UNIT name unit`, `HELP name text`: of the family at hand, or of a new one, which is given back.
fn describe(number: usize, comment: &str, current: Option<&mut Family>) -> Result<Option<Family>, Error> {
    let mut words = comment.splitn(3, ' ');
    let (Some(keyword @ ("TYPE" | "UNIT" | "HELP")), Some(name)) = (words.next(), words.next()) else {
        return Err(refuse(number, format!("{comment:?} is none of TYPE, UNIT, HELP and EOF")));
    };
    if !is_name(name, ':') {
        return Err(refuse(number, format!("{name:?} is no name")));
    }
    let value = words.next().unwrap_or_default();
    let mut new = Family { name: name.into(), ..Family::default() };
    let (family, is_new) = match current {
        Some(current) if current.name == name => (current, false),
        _ => (&mut new, true),
    };
    if !family.samples.is_empty() {
        return Err(refuse(number, format!("{keyword} of {name:?} after its values")));
    }
    let is_again = match keyword {
        "TYPE" => !std::mem::replace(&mut family.kind, value.into()).is_empty(),
        "UNIT" => family.unit.replace(value.into()).is_some(),
        _ => family.help.replace(unescape(number, value)?).is_some(),
    };
    if is_again {
        return Err(refuse(number, format!("{keyword} of {name:?} twice")));
    }
    if keyword == "UNIT" && !name.strip_suffix(value).is_some_and(|name| name.ends_with('_')) {
        return Err(refuse(number, format!("{name:?} does not end in _{value}")));
    }
    Ok(is_new.then_some(new))
}

/// Whether a value's name is one of the family's type.
fn belongs(family: &Family, name: &str) -> bool {
    let endings: &[&str] = match family.kind.as_str() {
        "counter" => &["_total", "_created"],
        "histogram" => &["_bucket", "_count", "_sum", "_created"],
        "gaugehistogram" => &["_bucket", "_gcount", "_gsum"],
        "summary" => &["", "_count", "_sum", "_created"],
        "info" => &["_info"],
        _ => &[""],
    };
    name.strip_prefix(family.name.as_str()).is_some_and(|ending| endings.contains(&ending))
}

fn check_value(line: usize, family: &Family, sample: &Sample) -> Result<(), Error> {
    let value = sample.number().ok_or_else(|| refuse(line, format!("{:?} is no number", sample.value)))?;
    let is_count = sample.name.ends_with("_bucket") || sample.name.ends_with("_count");
    let may_be_negative = matches!(family.kind.as_str(), "gauge" | "unknown" | "");
    if !may_be_negative && (value < 0.0 || value.is_nan()) {
        return Err(refuse(line, format!("{:?} of a {} is below 0", sample.value, family.kind)));
    }
    if family.kind == "histogram" && is_count && !sample.value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(line, format!("{:?} is no whole number", sample.value)));
    }
    Ok(())
}

/// A family is over: its histograms have to add up. The line is the last one seen.
fn close(line: usize, family: Option<&Family>) -> Result<(), Error> {
    let Some(family) = family.filter(|family| family.kind == "histogram") else { return Ok(()) };
    let mut wholes = BTreeMap::<Vec<&(String, String)>, Vec<&Sample>>::new();
    for sample in &family.samples {
        let others = sample.labels.iter().filter(|(name, _)| name != "le").collect();
        wholes.entry(others).or_default().push(sample);
    }
    for (labels, whole) in wholes {
        let refused = |reason: &str| Err(refuse(line, format!("{} of {labels:?}: {reason}", family.name)));
        let named = |ending: &str| {
            whole.iter().find(|sample| sample.name.strip_prefix(family.name.as_str()) == Some(ending))
        };
        let (mut before, mut below) = (f64::NEG_INFINITY, 0);
        for bucket in whole.iter().filter(|sample| sample.name.ends_with("_bucket")) {
            let end = bucket.label("le").and_then(number).unwrap_or(f64::NAN);
            let count: u64 = bucket.value.parse().unwrap_or_default();
            if end.is_nan() || end <= before {
                return refused("buckets do not ascend");
            }
            if count < below {
                return refused("a bucket has less than the one before");
            }
            (before, below) = (end, count);
        }
        if before != f64::INFINITY {
            return refused("no bucket ends at +Inf");
        }
        match (named("_count"), named("_sum")) {
            (None, None) => {}
            (Some(count), Some(_)) if count.value.parse() == Ok(below) => {}
            (Some(_), Some(_)) => return refused("_count is not what is in the buckets"),
            _ => return refused("one of _count and _sum without the other"),
        }
    }
    Ok(())
}

/// `name{a="b",c="d"} value`.
fn sample(number: usize, content: &str) -> Result<Sample, Error> {
    let broken = || refuse(number, format!("{content:?} is no value"));
    let end = content.find(['{', ' ']).ok_or_else(broken)?;
    let (name, mut rest) = content.split_at_checked(end).ok_or_else(broken)?;
    if !is_name(name, ':') {
        return Err(broken());
    }
    let mut labels = Vec::new();
    if let Some(after) = rest.strip_prefix('{') {
        rest = after;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").ok_or_else(broken)?;
            let end = quoted_end(after).ok_or_else(broken)?;
            let (value, after) = after.split_at_checked(end).ok_or_else(broken)?;
            if !is_name(label, '_') || labels.iter().any(|(seen, _)| seen == label) {
                return Err(refuse(number, format!("label {label:?} is no name, or there twice")));
            }
            labels.push((label.into(), unescape(number, value)?));
            let after = after.strip_prefix('"').ok_or_else(broken)?;
            rest = after.strip_prefix(',').filter(|rest| !rest.starts_with('}')).unwrap_or(after);
            if !after.starts_with([',', '}']) {
                return Err(broken());
            }
        }
        rest = rest.strip_prefix('}').ok_or_else(broken)?;
    }
    let value = rest.strip_prefix(' ').ok_or_else(broken)?;
    if value.is_empty() || value.contains(' ') {
        return Err(broken());
    }
    Ok(Sample { name: name.into(), labels, value: value.into() })
}

/// Where the quote is that no backslash stands before.
fn quoted_end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

fn unescape(number: usize, text: &str) -> Result<String, Error> {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some(c @ ('\\' | '"')) => c,
                _ => {
                    return Err(refuse(
                        number,
                        format!("{text:?} has a backslash before nothing that needs one"),
                    ));
                }
            },
            c => c,
        });
    }
    Ok(plain)
}

/// Writes families as they were read.
#[must_use]
pub fn to_text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        for (keyword, value) in
            [("TYPE", Some(&family.kind)), ("UNIT", family.unit.as_ref()), ("HELP", family.help.as_ref())]
        {
            let Some(value) = value.filter(|value| keyword != "TYPE" || !value.is_empty()) else { continue };
            text.extend(["# ", keyword, " ", &family.name, " "]);
            escape(&mut text, value);
            text.push('\n');
        }
        for sample in &family.samples {
            text.push_str(&sample.name);
            for (at, (name, value)) in sample.labels.iter().enumerate() {
                text.extend([if at == 0 { "{" } else { "," }, name, "=\""]);
                escape(&mut text, value);
                text.push('"');
            }
            let close = if sample.labels.is_empty() { " " } else { "} " };
            text.extend([close, &sample.value, "\n"]);
        }
    }
    text.push_str("# EOF\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_rule_is_named_with_its_line() {
        let histogram = "# TYPE a histogram\na_bucket{le=\"1.0\"} 2\n";
        for (text, reason) in [
            ("", "line 1: no # EOF"),
            ("# TYPE a gauge\na 1\n", "line 2: no # EOF"),
            ("# EOF", "line 1: it does not end in a newline"),
            ("# EOF\na 1\n", "line 2: \"a 1\" after # EOF"),
            ("a 1\n# EOF\n", "line 1: \"a\" is no value of the family before"),
            ("# hello\n# EOF\n", "line 1: \"hello\" is none of"),
            ("# TYPE a counter\na 1\n# EOF\n", "line 2: \"a\" is no value of the family before"),
            ("# TYPE a gauge\na 1\n# TYPE b gauge\n# TYPE a gauge\n# EOF\n", "line 4: family \"a\" twice"),
            ("# TYPE a gauge\na 1\na 2\n# EOF\n", "line 3: \"a 2\" twice"),
            ("# TYPE a gauge\na 1\n# HELP a b\n# EOF\n", "line 3: HELP of \"a\" after its values"),
            ("# UNIT a seconds\n# EOF\n", "line 1: \"a\" does not end in _seconds"),
            ("# TYPE a gauge\na x\n# EOF\n", "line 2: \"x\" is no number"),
            ("# TYPE a gauge\na{b=\"c\\x\"} 1\n# EOF\n", "has a backslash before nothing"),
            ("# TYPE a counter\na_total -1\n# EOF\n", "\"-1\" of a counter is below 0"),
            (&format!("{histogram}# EOF\n"), "no bucket ends at +Inf"),
            (&format!("{histogram}a_bucket{{le=\"+Inf\"}} 1\n# EOF\n"), "less than the one before"),
            (&format!("{histogram}a_bucket{{le=\"+Inf\"}} 2\na_count 2\n# EOF\n"), "without the other"),
            (&format!("{histogram}a_bucket{{le=\"+Inf\"}} 2\na_count 3\na_sum 1\n# EOF\n"), "not what is in"),
            (&format!("{histogram}a_bucket{{le=\"0.5\"}} 2\n# EOF\n"), "do not ascend"),
            (
                &format!("{histogram}a_bucket{{le=\"1\"}} 2\na_bucket{{le=\"+Inf\"}} 2\n# EOF\n"),
                "do not ascend",
            ),
        ] {
            let error = parse(text).expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
