//! libqb's ring, if the library is installed: looked for when it is wanted, so that nothing has to be there to build.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io;

/// Ring of chunks that a single writer overwrites.
#[derive(Debug)]
pub struct Libqb {
    ring: *mut c_void,
    functions: Functions,
}

#[derive(Clone, Copy, Debug)]
struct Functions {
    close: unsafe extern "C" fn(*mut c_void),
    write: unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> isize,
    alloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    commit: unsafe extern "C" fn(*mut c_void, usize) -> i32,
}

type Open = unsafe extern "C" fn(*const c_char, usize, u32, usize) -> *mut c_void;

// `QB_RB_FLAG_` of `qb/qbrb.h`.
const CREATE: u32 = 0x01;
const OVERWRITE: u32 = 0x02;
const NO_SEMAPHORE: u32 = 0x10;

// SAFETY: the library keeps nothing by thread; `&mut self` sees to one at a time.
unsafe impl Send for Libqb {}

impl Libqb {
    /// A ring of so many bytes in shared memory, as mbuf's.
    ///
    /// # Errors
    /// If the library is not here, or makes no ring.
    pub fn open(bytes: usize) -> io::Result<Self> {
        let name = CString::new(format!("cgview-bench-{}", std::process::id()))?;
        // SAFETY: a constant name; what the library does when it is loaded is its own.
        let library = unsafe { libc::dlopen(c"libqb.so.100".as_ptr(), libc::RTLD_NOW) };
        if library.is_null() {
            return Err(io::Error::other("libqb.so.100 is not installed"));
        }
        let find = |name: &CStr| {
            // SAFETY: the library was opened above and is never closed.
            let found = unsafe { libc::dlsym(library, name.as_ptr()) };
            if found.is_null() { Err(io::Error::other(format!("libqb has no {name:?}"))) } else { Ok(found) }
        };
        // SAFETY: these are the declarations of `qb/qbrb.h`.
        let (open, functions) = unsafe {
            (
                std::mem::transmute::<*mut c_void, Open>(find(c"qb_rb_open")?),
                Functions {
                    close: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void)>(find(
                        c"qb_rb_close",
                    )?),
                    write: std::mem::transmute::<
                        *mut c_void,
                        unsafe extern "C" fn(*mut c_void, *const c_void, usize) -> isize,
                    >(find(c"qb_rb_chunk_write")?),
                    alloc: std::mem::transmute::<
                        *mut c_void,
                        unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
                    >(find(c"qb_rb_chunk_alloc")?),
                    commit: std::mem::transmute::<*mut c_void, unsafe extern "C" fn(*mut c_void, usize) -> i32>(
                        find(c"qb_rb_chunk_commit")?,
                    ),
                },
            )
        };
        let flags = CREATE | OVERWRITE | NO_SEMAPHORE;
        // SAFETY: as `qb_rb_open` wants it; the name ends with a zero.
        let ring = unsafe { open(name.as_ptr(), bytes, flags, 0) };
        if ring.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self { ring, functions }) }
    }

    /// Writes a chunk by one call.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        // SAFETY: the ring is open, the bytes are there.
        let written = unsafe { (self.functions.write)(self.ring, bytes.as_ptr().cast(), bytes.len()) };
        written >= 0
    }

    /// Writes a chunk by getting room for it, copying, and making it visible.
    #[inline]
    pub fn copy<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        // SAFETY: the ring is open; what is got has room for as many bytes as were asked for.
        unsafe {
            let room = (self.functions.alloc)(self.ring, N);
            if room.is_null() {
                return false;
            }
            room.cast::<[u8; N]>().write_unaligned(*bytes);
            let committed: c_int = (self.functions.commit)(self.ring, N);
            committed == 0
        }
    }
}

impl Drop for Libqb {
    /// Takes its files away too, as this is their only user.
    fn drop(&mut self) {
        // SAFETY: the ring is open, and not used any more.
        unsafe { (self.functions.close)(self.ring) }
    }
}
