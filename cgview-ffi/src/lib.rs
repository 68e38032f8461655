//! The C ABI of cgview: what `include/cgview.h` declares, one file for each noun of C.
//!
//! Each exported function is plain source, so that the header can be made from it: it looks at what it was given, calls
//! the crate that knows, and turns what comes back into a number. [`abi`] has the rules that hold for all of them.

// The names are those of C.
#![allow(non_camel_case_types, reason = "the header is made from these names")]

mod abi;

pub mod cursor;
pub mod error;
pub mod field;
pub mod reader;
pub mod record;
pub mod ring;
pub mod slot;
pub mod snapshot;
pub mod text;
pub mod version;
pub mod writer;
