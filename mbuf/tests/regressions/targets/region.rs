//! A valid header with anything behind it as shared memory, and a hostile process that changes words of it.

use super::input::Input;
use super::reading::{check_snapshot, read_everything};
use super::shape::Shape;
use mbuf::{Cursor, GivenMemory, Options, Reader, Ring, Snapshot, Writer};
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

const MOST_STEPS: usize = 200;
const MOST_WRITERS: usize = 6;

/// The shape, a byte that says whether there is a file for locks, a length and so many bytes behind the header; then
/// what is done to it.
pub(crate) fn region(data: &[u8]) {
    let mut input = Input(data);
    let shape = Shape::of(&mut input);
    let has_locks = input.byte() % 2 == 1;
    let length = input.index();
    let memory = Fenced::with(&shape.region(input.bytes(length)));
    let given = memory.given();
    let locks = has_locks.then(|| File::options().read(true).write(true).open(lock_file()).unwrap());
    let ring = Ring::open_in(&given, locks).unwrap();
    let reader = ring.reader();
    let bytes = memory.words().len() * 8;
    let mut user =
        User { ring, reader, bytes, writers: Vec::new(), cursors: Vec::new(), snapshot: Snapshot::new() };
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        user.step(&mut input, memory.words());
    }
    read_everything(&user.reader, bytes);
    drop(user);
    memory.check();
}

/// Memory with words before and behind it that nobody may touch: no sanitizer sees what assembly stores.
struct Fenced(Box<[AtomicU64]>);

const FENCE: u64 = 0x0123_4567_89ab_cdef;
const FENCE_WORDS: usize = 128;

impl Fenced {
    fn with(region: &[u8]) -> Self {
        let fence = || (0..FENCE_WORDS).map(|_| FENCE.to_ne_bytes());
        let words = region.as_chunks::<8>().0.iter().copied();
        Self(
            fence()
                .chain(words)
                .chain(fence())
                .map(|word| AtomicU64::new(u64::from_ne_bytes(word)))
                .collect(),
        )
    }

    fn words(&self) -> &[AtomicU64] {
        &self.0[FENCE_WORDS..self.0.len() - FENCE_WORDS]
    }

    fn given(&self) -> GivenMemory {
        let words = self.words();
        // SAFETY: atomics that live until all of the ring is dropped, and that nobody uses but by atomic instructions.
        unsafe { GivenMemory::new(words.as_ptr().cast::<u8>().cast_mut(), size_of_val(words)) }.unwrap()
    }

    fn check(&self) {
        let fences = self.0[..FENCE_WORDS].iter().chain(&self.0[self.0.len() - FENCE_WORDS..]);
        assert!(fences.map(|word| word.load(Relaxed)).all(|word| word == FENCE), "stored beside the region");
    }
}

/// A file that every ring opens anew: nobody holds a lock on it but the ring of this input.
fn lock_file() -> String {
    static FILE: OnceLock<Ring> = OnceLock::new();
    let ring =
        FILE.get_or_init(|| Ring::create_memfd(&Options { bytes: 512, ..Options::default() }).unwrap());
    format!("/proc/self/fd/{}", ring.file().unwrap().as_raw_fd())
}

struct User {
    ring: Ring,
    reader: Reader,
    bytes: usize,
    writers: Vec<Writer>,
    cursors: Vec<Cursor>,
    snapshot: Snapshot,
}

impl User {
    /// One thing that a program may do, or one word that a hostile process changes. What comes of it may be an error:
    /// only that it ends, and what is read, has to be right.
    fn step(&mut self, input: &mut Input<'_>, words: &[AtomicU64]) {
        let kind = input.byte();
        let which = usize::from(kind >> 4);
        let slot = which % self.ring.slots();
        match kind % 16 {
            0 => _ = self.ring.take_slot(&input.string()),
            1 => _ = self.ring.take_slot_at(slot, &input.string()),
            2 => _ = self.ring.slot(slot).map(|id| self.ring.give_up_slot(id)),
            3 | 4 => {
                if let Ok(id) = self.ring.slot(slot)
                    && self.writers.len() < MOST_WRITERS
                {
                    self.writers.extend(self.ring.writer(id));
                }
            }
            5..9 => self.write(which, kind % 16, input),
            9 if self.writers.is_empty() => {}
            9 => drop(self.writers.swap_remove(which % self.writers.len())),
            10 => self.look(slot),
            11 => self.read_on(which),
            12 => _ = self.reader.slot(slot).map(|id| self.cursors.push(self.reader.cursor(id))),
            13 => read_everything(&self.reader, self.bytes),
            _ => {
                let at = input.index() % words.len();
                words[at].store(input.number().to_le(), Relaxed);
            }
        }
    }

    fn write(&mut self, which: usize, how: u8, input: &mut Input<'_>) {
        let number = which % self.writers.len().max(1);
        let Some(writer) = self.writers.get_mut(number) else { return };
        let level = input.level();
        match how {
            5 => _ = writer.write(level, &input.text()),
            6 => _ = writer.write_at(input.number(), level, &input.text()),
            7 => _ = writer.print(level, format_args!("{} {}", input.string(), input.number())),
            _ => {
                let Ok(mut entry) = writer.entry(level) else { return };
                let (key, is_kept) = (input.string(), input.byte() % 2 == 1);
                entry.push(&input.text()).field(&key, input.number()).field("text", &input.text()[..]);
                if is_kept {
                    _ = entry.commit();
                }
            }
        }
    }

    fn look(&mut self, slot: usize) {
        let Ok(id) = self.reader.slot(slot) else { return };
        if self.reader.snapshot(id, &mut self.snapshot).is_ok() {
            check_snapshot(&self.reader, self.bytes, &self.snapshot);
        }
    }

    fn read_on(&mut self, which: usize) {
        let number = which % self.cursors.len().max(1);
        let Some(cursor) = self.cursors.get_mut(number) else { return };
        _ = cursor.wait(Duration::ZERO);
        if cursor.read(&mut self.snapshot).is_ok() {
            check_snapshot(&self.reader, self.bytes, &self.snapshot);
        }
    }
}
