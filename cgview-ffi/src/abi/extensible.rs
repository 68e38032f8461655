//! Structures that may grow: their first member says how long the caller's header has them.
//!
//! A caller that is older than the library gives and gets less than there is, one that is newer gives and gets more. It
//! is refused only if it asks, in the part that the library does not know, for something else than nothing.

use super::Failure;

/// No structure is ever longer: a size above this is garbage that was never set.
const LONGEST: usize = 4096;

/// A structure that begins with its size.
///
/// # Safety
///
/// Of C's layout, its first member the size, a `usize`; and any bits are a value of it.
pub(crate) unsafe trait Extensible: Copy {
    /// How long its first version was: as long as it is, or up to the first member that came later.
    const FIRST: usize;
    /// Its name, for errors.
    const NAME: &'static str;
}

/// How long the caller's structure is.
///
/// # Safety
///
/// It is NULL, or there for as many bytes as its first member says.
pub(crate) unsafe fn size_of_given<T: Extensible>(given: *const T) -> Result<usize, Failure> {
    if given.is_null() || !given.is_aligned() {
        return Err(Failure::Pointer(T::NAME));
    }
    // SAFETY: at least its first member is there.
    let size = unsafe { given.cast::<usize>().read() };
    if size < T::FIRST {
        return Err(Failure::Invalid("a structure whose size is not set, or less than it was ever"));
    }
    if size > LONGEST { Err(Failure::TooNew(T::NAME)) } else { Ok(size) }
}

/// Reads what a caller gives; what its header does not have is zero.
///
/// # Safety
///
/// It is NULL, or there for as many bytes as its first member says.
pub(crate) unsafe fn read<T: Extensible>(given: *const T) -> Result<T, Failure> {
    // SAFETY: what the caller promises.
    let size = unsafe { size_of_given(given) }?;
    let known = size.min(size_of::<T>());
    // SAFETY: so many bytes are there.
    let unknown = unsafe { std::slice::from_raw_parts(given.cast::<u8>().add(known), size - known) };
    if unknown.iter().any(|byte| *byte != 0) {
        return Err(Failure::TooNew(T::NAME));
    }
    // SAFETY: zeros are a value of it, and so are any bytes that replace its first ones.
    unsafe {
        let mut value: T = std::mem::zeroed();
        std::ptr::copy_nonoverlapping(given.cast::<u8>(), (&raw mut value).cast::<u8>(), known);
        Ok(value)
    }
}

/// Fills what a caller wants filled, as much as its header has; what the library does not have becomes zero.
///
/// # Safety
///
/// It is NULL, or there, writable, for as many bytes as its first member says.
pub(crate) unsafe fn fill<T: Extensible>(to: *mut T, value: &T) -> Result<(), Failure> {
    // SAFETY: what the caller promises.
    let size = unsafe { size_of_given(to) }?;
    let known = size.min(size_of::<T>());
    let head = size_of::<usize>();
    // SAFETY: so many bytes are there. The size stays the caller's.
    unsafe {
        let from = (&raw const *value).cast::<u8>();
        std::ptr::copy_nonoverlapping(from.add(head), to.cast::<u8>().add(head), known - head);
        to.cast::<u8>().add(known).write_bytes(0, size - known);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Now {
        size: usize,
        first: u64,
        second: u64,
    }

    // SAFETY: three words, the size first.
    unsafe impl Extensible for Now {
        const FIRST: usize = 16;
        const NAME: &'static str = "now";
    }

    #[test]
    fn older_and_newer_callers_understand_each_other() {
        let given: [usize; 4] = [16, 1, 2, 3];
        let with_size = |size: usize| {
            let mut given = given;
            given[0] = size;
            given
        };
        let read = |given: &[usize; 4]| {
            // SAFETY: four words, of which the first says how many bytes are meant.
            unsafe { read(given.as_ptr().cast::<Now>()) }
        };
        assert_eq!(read(&with_size(16)).unwrap(), Now { size: 16, first: 1, second: 0 });
        assert_eq!(read(&with_size(24)).unwrap(), Now { size: 24, first: 1, second: 2 });
        assert!(matches!(read(&with_size(32)), Err(Failure::TooNew("now"))));
        assert_eq!(read(&[32, 1, 2, 0]).unwrap().second, 2);
        assert!(matches!(read(&with_size(8)), Err(Failure::Invalid(_))));
        assert!(matches!(read(&with_size(usize::MAX)), Err(Failure::TooNew("now"))));

        for (size, expected) in [(16, [16, 7, 2, 3]), (24, [24, 7, 8, 3]), (32, [32, 7, 8, 0])] {
            let mut to = with_size(size);
            // SAFETY: as above.
            unsafe { fill(to.as_mut_ptr().cast::<Now>(), &Now { size: 0, first: 7, second: 8 }) }.unwrap();
            assert_eq!(to, expected);
        }
    }
}
