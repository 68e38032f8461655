//! What holds for every call: handles, results, and how far a caller's pointers are trusted.

mod extensible;
mod failure;
mod given;
mod guard;
mod handle;
mod text;

pub(crate) use extensible::{Extensible, fill, read, size_of_given};
pub(crate) use failure::Failure;
pub(crate) use given::{array, bytes, name, out, path};
pub(crate) use guard::guard;
pub(crate) use handle::{Noun, close, inside, inside_mut, last_failure, make, new, with, with_mut};
pub(crate) use text::Text;
