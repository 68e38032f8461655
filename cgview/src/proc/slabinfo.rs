//! `/proc/slabinfo`: what old kernels tell of a v1 cgroup, else an empty table. Never the machine's.

use crate::text::Text;

/// The header of every kernel since 2.6.10.
const HEADER: &[u8] = b"slabinfo - version: 2.1\n\
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> \
: tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>\n";

/// Writes the file from v1's `memory.kmem.slabinfo`, where there is one that holds anything.
pub(crate) fn render(text: &mut Text, of_cgroup: &[u8]) {
    if of_cgroup.starts_with(b"slabinfo - version") {
        text.push(of_cgroup);
    } else {
        text.push(HEADER);
        text.push(of_cgroup);
    }
}
