//! `/proc/pressure/*`: the cgroup's own files, byte for byte.

use crate::account::Scope;
use crate::parse;
use crate::policy::{Missing, Policy};
use crate::text::Text;

/// Writes the file. Where the cgroup has none (v1), the machine's lines with nothing stalled.
pub(crate) fn render(text: &mut Text, template: &[u8], scope: Scope, own: &[u8], policy: &Policy) {
    match (scope, policy.missing) {
        (Scope::Cgroup { .. }, _) => text.push(own),
        (Scope::Machine, _) | (Scope::Absent, Missing::Host) => text.push(template),
        (Scope::Absent, Missing::Zero) => {
            for line in parse::lines(template) {
                text.push(parse::words(line).next().unwrap_or_default());
                text.push(b" avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
            }
        }
    }
}
