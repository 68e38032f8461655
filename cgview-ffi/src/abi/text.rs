//! Text into the caller's buffer, as `snprintf` does it.

use super::Failure;
use std::ffi::c_char;
use std::fmt;

/// Takes any amount of text, keeps what fits with a NUL behind it, and knows how much it was.
pub(crate) struct Text {
    to: *mut c_char,
    room: usize,
    length: usize,
}

impl Text {
    /// The buffer may be NULL if its length is 0: then the text is only measured.
    ///
    /// # Safety
    ///
    /// Otherwise it has to be there, writable for so many bytes, until this is dropped.
    pub(crate) unsafe fn new(to: *mut c_char, room: usize) -> Result<Self, Failure> {
        if to.is_null() && room > 0 {
            return Err(Failure::Pointer("the buffer for text"));
        }
        let text = Self { to, room, length: 0 };
        text.end();
        Ok(text)
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        // One byte is the NUL's.
        let fits = self.room.saturating_sub(1).saturating_sub(self.length).min(bytes.len());
        if fits > 0 {
            // SAFETY: `length + fits < room`, and the caller's buffer is none of ours.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.to.cast::<u8>().add(self.length), fits)
            };
        }
        self.length = self.length.saturating_add(bytes.len());
        self.end();
    }

    /// The length of the whole text, however much of it fitted.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    fn end(&self) {
        if self.room > 0 {
            let at = self.length.min(self.room - 1);
            // SAFETY: `at < room`.
            unsafe { self.to.add(at).write(0) };
        }
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_the_whole_is_measured() {
        for room in 0..8 {
            let mut buffer = [0x7f; 8];
            // SAFETY: a buffer of eight bytes, of which fewer are told.
            let mut text = unsafe { Text::new(buffer.as_mut_ptr(), room) }.unwrap();
            text.push(b"abc");
            text.push(b"def");
            assert_eq!(text.length(), 6);
            let kept = room.saturating_sub(1).min(6);
            let written: Vec<u8> = buffer.iter().map(|byte| byte.cast_unsigned()).collect();
            assert_eq!(written[..kept], b"abcdef"[..kept]);
            assert!(room == 0 || written[kept] == 0);
            assert!(written[room.min(7)..].iter().all(|byte| *byte == 0x7f), "{room}: {written:?}");
        }
    }
}
