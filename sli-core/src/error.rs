//! The one error type of the crate.

/// Why something cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that were to be taken up are not exported state.
    #[error("not the state of {what}: {reason}")]
    State {
        /// What state was expected.
        what: &'static str,
        /// Why it is not, with the value that offended.
        reason: String,
    },
    /// A text is not what it should be.
    #[error("line {line}: {reason}")]
    Text {
        /// The line, from 1.
        line: usize,
        /// Why, with the value that offended.
        reason: String,
    },
    /// Counts cannot be put into other buckets without inventing where they belong.
    #[error("these buckets cannot be had from those: {reason}")]
    Buckets {
        /// Why, with the edge that offended.
        reason: String,
    },
    /// A text of this format or generation has no place for a value.
    #[error("no text of {format}: {reason}")]
    Unwritable {
        /// Which text was asked for.
        format: &'static str,
        /// What has no place in it.
        reason: String,
    },
}
