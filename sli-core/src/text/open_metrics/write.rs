//! Containers as families of metrics.

use super::number::{canonical, seconds};
use super::{Container, Delay, Values};
use crate::error::Error;
use crate::histogram::BucketCounts;
use crate::latency::{Latency, Quality};
use crate::load_average::{Averages, FIXED_1};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Writes all of them, family by family.
///
/// # Errors
///
/// [`Error::Unwritable`] for a name or label that the format or this crate's own labels do not allow (`le`, `quality`,
/// `reason`, `tasks`, `minutes`), and if two values would have the same name and labels.
pub fn write(containers: &[Container<'_>]) -> Result<String, Error> {
    let mut text = Exposition::default();
    for container in containers {
        check_labels(container.labels)?;
    }
    for kind in Latency::ALL {
        delays(&mut text, kind, containers)?;
    }
    load(&mut text, containers)?;
    counters(&mut text, containers)?;
    text.text.push_str("# EOF\n");
    Ok(text.text)
}

/// The prefix of all families of this crate.
const PREFIX: &str = "cgview";
/// Labels that values get here.
const OWN: [&str; 5] = ["le", "quality", "reason", "tasks", "minutes"];

fn refused(reason: String) -> Error {
    Error::Unwritable { format: "OpenMetrics 1.0", reason }
}

/// A letter or underscore, then digits too.
pub(super) fn is_name(name: &str, also: char) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == also;
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

fn check_labels(labels: &[(&str, &str)]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for (name, _) in labels {
        if !is_name(name, '_') || OWN.contains(name) {
            return Err(refused(format!("label {name:?} is none of the format, or taken")));
        }
        if !seen.insert(name) {
            return Err(refused(format!("label {name:?} twice")));
        }
    }
    Ok(())
}

/// Text between quotes, and help.
pub(super) fn escape(into: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '"' => into.push_str("\\\""),
            c => into.push(c),
        }
    }
}

/// The text so far.
#[derive(Default)]
struct Exposition {
    text: String,
    families: BTreeSet<String>,
    /// The family at hand.
    family: Option<String>,
    /// Names and labels of its values.
    series: BTreeSet<String>,
}

impl Exposition {
    /// The next value is of this family: begins it, if it is not the one at hand.
    fn family(&mut self, name: &str, kind: &str, unit: Option<&str>, help: &str) -> Result<(), Error> {
        if self.family.as_deref() == Some(name) {
            return Ok(());
        }
        if !self.families.insert(name.into()) {
            return Err(refused(format!("{name:?} is another family's name")));
        }
        self.family = Some(name.into());
        self.series.clear();
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if let Some(unit) = unit {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = write!(self.text, "# HELP {name} ");
        escape(&mut self.text, help);
        self.text.push('\n');
        Ok(())
    }

    fn sample(&mut self, name: &str, labels: &Labels, value: &str) -> Result<(), Error> {
        let series = if labels.0.is_empty() { name.into() } else { format!("{name}{{{}}}", labels.0) };
        let _ = writeln!(self.text, "{series} {value}");
        if self.series.contains(&series) {
            return Err(refused(format!("{series} twice")));
        }
        self.series.insert(series);
        Ok(())
    }

    fn created(&mut self, family: &str, labels: &Labels, created: Option<u64>) -> Result<(), Error> {
        match created {
            Some(created) => self.sample(&format!("{family}_created"), labels, &seconds(created)),
            None => Ok(()),
        }
    }
}

/// Labels, joined.
#[derive(Clone)]
struct Labels(String);

impl Labels {
    fn of(container: &Container<'_>) -> Self {
        container.labels.iter().fold(Self(String::new()), |labels, (name, value)| labels.and(name, value))
    }

    fn and(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(',');
        }
        self.0.push_str(name);
        self.0.push_str("=\"");
        escape(&mut self.0, value);
        self.0.push('"');
        self
    }

    fn quality(self, quality: Quality) -> Self {
        match quality {
            Quality::Exact => self.and("quality", "exact"),
            Quality::Approximate(reason) => self.and("quality", "approximate").and("reason", reason),
            Quality::Unavailable(reason) => self.and("quality", "unavailable").and("reason", reason),
        }
    }
}

fn delays(text: &mut Exposition, kind: Latency, containers: &[Container<'_>]) -> Result<(), Error> {
    let of_kind: Vec<(Labels, &Delay<'_>)> = containers
        .iter()
        .flat_map(|container| container.delays.iter().map(move |delay| (container, delay)))
        .filter(|(_, delay)| delay.kind == kind && delay.quality.is_available())
        .map(|(container, delay)| (Labels::of(container).quality(delay.quality), delay))
        .collect();

    let family = format!("{PREFIX}_{kind}_seconds");
    for (labels, delay) in &of_kind {
        let Values::Buckets { counts, sum } = delay.values else { continue };
        text.family(
            &family,
            "histogram",
            Some("seconds"),
            &format!("How long tasks took each time: {}.", kind.name()),
        )?;
        histogram(text, &family, labels, counts, sum)?;
        text.created(&family, labels, delay.created)?;
    }

    let family = format!("{PREFIX}_{kind}_time_seconds");
    for (labels, delay) in &of_kind {
        let Values::Sum { nanoseconds, .. } = delay.values else { continue };
        text.family(
            &family,
            "counter",
            Some("seconds"),
            &format!("How long tasks took together: {}.", kind.name()),
        )?;
        text.sample(&format!("{family}_total"), labels, &seconds(nanoseconds))?;
        text.created(&family, labels, delay.created)?;
    }

    let family = format!("{PREFIX}_{kind}_times");
    for (labels, delay) in &of_kind {
        let Values::Sum { count: Some(count), .. } = delay.values else { continue };
        text.family(&family, "counter", None, &format!("How often that was: {}.", kind.name()))?;
        text.sample(&format!("{family}_total"), labels, &count.to_string())?;
        text.created(&family, labels, delay.created)?;
    }
    Ok(())
}

fn histogram(
    text: &mut Exposition,
    family: &str,
    labels: &Labels,
    counts: &BucketCounts,
    sum: Option<u64>,
) -> Result<(), Error> {
    let edges = counts.edges();
    // Each ends a nanosecond before the next one begins.
    let ends = edges.lowers().skip(1).map(|next| canonical(next.saturating_sub(1) as f64 / 1e9));
    let mut below: u64 = 0;
    for (end, count) in ends.chain(["+Inf".into()]).zip(counts.counts()) {
        below = below.saturating_add(*count);
        text.sample(&format!("{family}_bucket"), &labels.clone().and("le", &end), &below.to_string())?;
    }
    if let Some(sum) = sum {
        text.sample(&format!("{family}_count"), labels, &below.to_string())?;
        text.sample(&format!("{family}_sum"), labels, &seconds(sum))?;
    }
    Ok(())
}

fn load(text: &mut Exposition, containers: &[Container<'_>]) -> Result<(), Error> {
    let family = format!("{PREFIX}_load_average");
    for container in containers {
        let Some(load) = container.load else { continue };
        text.family(&family, "gauge", None, "Tasks that run or are blocked, averaged.")?;
        for (tasks, averages) in [("all", load.all), ("running", load.running), ("blocked", load.blocked)] {
            let Averages(averages) = averages;
            for (minutes, average) in ["1", "5", "15"].into_iter().zip(averages) {
                let labels = Labels::of(container).and("tasks", tasks).and("minutes", minutes);
                text.sample(&family, &labels, &canonical(average as f64 / FIXED_1 as f64))?;
            }
        }
    }
    Ok(())
}

/// Endings that the format gives a meaning.
const SUFFIXES: [&str; 8] = ["_total", "_created", "_bucket", "_count", "_sum", "_gcount", "_gsum", "_info"];

fn counters(text: &mut Exposition, containers: &[Container<'_>]) -> Result<(), Error> {
    let mut families = BTreeMap::<&str, Vec<_>>::new();
    for container in containers {
        for counter in container.counters.iter().filter(|counter| counter.quality.is_available()) {
            families.entry(counter.name).or_default().push((container, counter));
        }
    }
    for (name, samples) in families {
        let Some((_, first)) = samples.first() else { continue };
        // One of this crate's own may be at hand, and of that name.
        text.family = None;
        if !is_name(name, ':') {
            return Err(refused(format!("{name:?} is no name")));
        }
        if let Some(suffix) = SUFFIXES.into_iter().find(|suffix| name.ends_with(suffix)) {
            return Err(refused(format!("{name:?} ends in {suffix}")));
        }
        if let Some(unit) = first.unit
            && !(is_name(unit, '_') && name.strip_suffix(unit).is_some_and(|name| name.ends_with('_')))
        {
            return Err(refused(format!("{name:?} does not end in _{unit}")));
        }
        text.family(name, "counter", first.unit, first.help)?;
        for (container, counter) in &samples {
            if counter.unit != first.unit {
                return Err(refused(format!("{name:?} is in {:?} and in {:?}", first.unit, counter.unit)));
            }
            let labels = Labels::of(container).quality(counter.quality);
            let value = match counter.unit {
                Some("seconds") => seconds(counter.value),
                _ => counter.value.to_string(),
            };
            text.sample(&format!("{name}_total"), &labels, &value)?;
            text.created(name, &labels, counter.created)?;
        }
    }
    Ok(())
}
