//! The table of ratios: what was measured, what it should be, and whether it is.

use crate::ratio::Ratio;

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Nothing was promised.
    None,
}

impl Target {
    fn met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
            Self::None => true,
        }
    }

    /// Whether one figure is nearer to the target than another.
    fn prefers(self, figure: f64, other: f64) -> bool {
        match self {
            Self::AtLeast(_) => figure > other,
            Self::AtMost(_) | Self::None => figure < other,
        }
    }
}

/// Prints rows as they come, and counts those that miss.
#[derive(Debug, Default)]
pub struct Table {
    /// Rows that missed their target.
    pub missed: usize,
}

/// A measurement that misses is made again so many times at most, and the best one counts: noise only ever adds.
const TRIES: usize = 3;

impl Table {
    /// Begins a part of the table, whose columns have these names.
    pub fn head(&self, title: &str, first: &str, second: &str) {
        println!("\n| {title} | {first} | {second} | ratio | target | |\n|---|--:|--:|--:|--:|---|");
    }

    /// One row: two costs in nanoseconds and their ratio.
    pub fn ratio(&mut self, what: &str, target: Target, mut measure: impl FnMut() -> Ratio) {
        self.ratio_if_any(what, target, || Some(measure()));
    }

    /// One row of a measurement that may come to nothing, which is no miss.
    pub fn ratio_if_any(&mut self, what: &str, target: Target, mut measure: impl FnMut() -> Option<Ratio>) {
        let mut best: Option<Ratio> = None;
        for _ in 0..TRIES {
            if best.is_some_and(|best| target.met(best.ratio)) {
                break;
            }
            let again = measure();
            best = match (best, again) {
                (Some(best), Some(again)) if !target.prefers(again.ratio, best.ratio) => Some(best),
                (best, again) => again.or(best),
            };
        }
        let wanted = text(target);
        let Some(Ratio { first, second, ratio }) = best else {
            println!("| {what} | | | | {wanted} | inconclusive |");
            return;
        };
        let verdict = self.verdict(target, ratio);
        let digits = |cost: f64| usize::from(cost < 100.0);
        let (first_digits, second_digits) = (digits(first), digits(second));
        println!(
            "| {what} | {first:.first_digits$} | {second:.second_digits$} | {ratio:.2} | {wanted} | {verdict} |"
        );
    }

    /// One row: a figure that is no ratio.
    pub fn figure(&mut self, what: &str, unit: &str, target: Target, mut measure: impl FnMut() -> f64) {
        let mut best = measure();
        for _ in 1..TRIES {
            if target.met(best) {
                break;
            }
            let again = measure();
            if target.prefers(again, best) {
                best = again;
            }
        }
        let verdict = self.verdict(target, best);
        println!("| {what} | | | {best:.2} {unit} | {} | {verdict} |", text(target));
    }

    fn verdict(&mut self, target: Target, figure: f64) -> &'static str {
        match target {
            Target::None => "",
            _ if target.met(figure) => "PASS",
            _ => {
                self.missed += 1;
                "**FAIL**"
            }
        }
    }
}

fn text(target: Target) -> String {
    match target {
        Target::AtMost(most) => format!("<= {most}"),
        Target::AtLeast(least) => format!(">= {least}"),
        Target::None => String::new(),
    }
}
