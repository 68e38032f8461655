//! `cgview explain`: where the values of a file come from.

use crate::files;
use crate::view::{Failure, Task, output};
use cgview::source::Source;
use cgview::{Container, Explanation, Input, Machine};
use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) struct Explain<'a> {
    /// The file as it was named.
    pub(crate) name: &'a str,
    /// The one value that is asked for.
    pub(crate) field: Option<&'a str>,
}

impl Task for Explain<'_> {
    fn run<S: Source>(
        self,
        machine: &mut Machine<S>,
        container: &mut Container<S>,
    ) -> Result<ExitCode, Failure> {
        let file = files::find(self.name)?;
        let explanations = machine.explain(container, file, self.field)?;
        let mut out = output();
        writeln!(out, "{} of {}", file.path(), container.path())?;
        for explanation in &explanations {
            print(explanation, &mut out)?;
        }
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// How wide the first column is, and where a rule is broken into lines.
const LABEL: usize = 11;
const RULE: usize = 85;

/// A paragraph for each value, so that it reads well however long the paths are.
fn print(explanation: &Explanation, out: &mut impl Write) -> io::Result<()> {
    let Explanation { field, shown, rule, provenance, inputs, .. } = explanation;
    writeln!(out, "\n{field}: {shown}")?;
    let mut label = provenance.to_string();
    for line in wrapped(rule) {
        writeln!(out, "  {label:<LABEL$}  {line}")?;
        label.clear();
    }
    let names: Vec<String> = inputs.iter().map(name).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (input, name) in inputs.iter().zip(&names) {
        let raw = input.raw.as_deref().unwrap_or("(not there)");
        writeln!(out, "  {:<LABEL$}  {name:<width$}  {raw}", "from")?;
    }
    Ok(())
}

fn name(input: &Input) -> String {
    match &input.key {
        Some(key) => format!("{} {key}", input.path),
        None => input.path.clone(),
    }
}

/// A text in lines, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > RULE {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_broken_between_words() {
        assert_eq!(wrapped(""), [""]);
        assert_eq!(wrapped("a  b"), ["a b"]);
        let word = "x".repeat(42);
        assert_eq!(wrapped(&format!("{word} {word}")), [format!("{word} {word}")]);
        assert_eq!(wrapped(&format!("{word} {word} y")), [format!("{word} {word}"), "y".to_owned()]);
        let long = "x".repeat(RULE + 1);
        assert_eq!(wrapped(&format!("{long} {long}")), [long.clone(), long]);
    }
}
