//! The black box: reading what is left of a ring.

use crate::error::Error;
use crate::reader::Reader;

/// Reads a copy of a ring's file: of one that a crashed program left behind, of one that came from another machine.
///
/// All that was written whole can be read. Rings are the same on machines of either byte order. Nothing is
/// trusted, and nothing of the copy can make the reader fail. To read the file itself without having it in memory:
/// [`Reader::open_unmapped`].
///
/// ```
/// use mbuf::{Level, Options, Ring, Snapshot};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("ring");
/// let ring = Ring::create(&path, &Options::default())?;
/// ring.writer(ring.take_slot("web-1")?)?.write(Level::Error, b"the last words")?;
/// drop(ring);
///
/// let reader = mbuf::dump(std::fs::read(&path)?)?;
/// let mut snapshot = Snapshot::new();
/// for slot in reader.taken() {
///     reader.snapshot(slot, &mut snapshot)?;
///     assert!(snapshot.records().map(|record| record.text).eq([b"the last words"]));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If it is not a ring, not all of one, or of a version that is not known; the message says which.
pub fn dump(bytes: impl Into<Box<[u8]>>) -> Result<Reader, Error> {
    Reader::of_bytes(bytes)
}
