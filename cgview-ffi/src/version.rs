//! Which version this is.

use std::ffi::{CStr, c_char};

/// The major version of this header; while it is 0, a minor version may break.
pub const CGVIEW_VERSION_MAJOR: u32 = 0;
/// The minor version of this header.
pub const CGVIEW_VERSION_MINOR: u32 = 1;
/// The patch version of this header.
pub const CGVIEW_VERSION_PATCH: u32 = 0;

/// Says the version of the library that runs, which may be newer than the header: `major << 16 | minor << 8 | patch`.
///
/// Async-signal-safe.
///
/// @return the version; never fails
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn cgview_version() -> u32 {
    CGVIEW_VERSION_MAJOR << 16 | CGVIEW_VERSION_MINOR << 8 | CGVIEW_VERSION_PATCH
}

/// The same as text, such as "0.1.0".
///
/// Async-signal-safe. The text is the library's and there as long as it is loaded.
///
/// @return the version; never NULL
/// @since 0.1
#[unsafe(no_mangle)]
pub extern "C" fn cgview_version_string() -> *const c_char {
    const TEXT: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(text) => text,
        Err(_) => c"",
    };
    TEXT.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_says_the_version_of_the_package() {
        let version = format!("{CGVIEW_VERSION_MAJOR}.{CGVIEW_VERSION_MINOR}.{CGVIEW_VERSION_PATCH}");
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
    }
}
