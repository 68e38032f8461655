//! Who writes: the number by which a process is known in a ring, and what proves that another one is dead.
//!
//! A process that writes holds the lock on one byte of the ring's file for its number, an *open file description lock*.
//! The kernel drops it when the process ends, however it ends, and not before: a process that is stopped or frozen
//! keeps it. It is the same in every pid namespace, and is never mistaken for another process that got the same pid.
//!
//! Memory that is not a file has no such locks. There numbers are taken in a table, and nobody is ever proven dead.

use crate::claim::OwnerTag;
use crate::error::Error;
use crate::layout::Layout;
use crate::point::point;
use crate::region::{ForkGuard, Region, Span, byte_is_locked, lock_byte, unlock_byte};
use crate::sync::Word;
use std::fs::File;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Relaxed, Release};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Locks are on bytes that no ring is long enough to have.
const LOCKS: u64 = 1 << 60;
/// The lock of who takes and gives up slots.
const ADMIN: u64 = LOCKS;

/// One process's way into a ring, shared by all its writers.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) name: String,
    /// The ring's file; none for memory that is not one.
    pub(crate) file: Option<File>,
    /// What the locks are on, where it is not the ring's file.
    locks: Option<File>,
    owner: OnceLock<OwnerTag>,
    /// Where the number is taken without a lock, the word that says so.
    entry: OnceLock<Span<1>>,
    /// Held while a number is looked for.
    acquiring: Mutex<()>,
    /// The threads of this process take their turns here; processes by the lock.
    admin: Mutex<()>,
    guard: ForkGuard,
    writers: AtomicUsize,
}

impl Access {
    /// The file has to be opened for this process alone, so that its locks are its own.
    pub(crate) fn of_file(name: String, file: File) -> Result<Self, Error> {
        Self::new(name, Some(file), None)
    }

    /// Memory that is not a file, with or without one to have locks on.
    pub(crate) fn of_memory(name: &str, locks: Option<File>) -> Result<Self, Error> {
        Self::new(name.to_owned(), None, locks)
    }

    fn new(name: String, file: Option<File>, locks: Option<File>) -> Result<Self, Error> {
        let guard = ForkGuard::new().map_err(|source| Error::Io {
            name: name.clone(),
            action: "madvise(MADV_WIPEONFORK)",
            source,
        })?;
        Ok(Self {
            name,
            file,
            locks,
            owner: OnceLock::new(),
            entry: OnceLock::new(),
            acquiring: Mutex::new(()),
            admin: Mutex::new(()),
            guard,
            writers: AtomicUsize::new(0),
        })
    }

    fn locks(&self) -> Option<&File> {
        self.locks.as_ref().or(self.file.as_ref())
    }

    /// Counts the writers of this process.
    pub(crate) fn next_writer(&self) -> usize {
        self.writers.fetch_add(1, Relaxed)
    }

    pub(crate) fn io(&self, action: &'static str) -> impl FnOnce(std::io::Error) -> Error {
        let name = self.name.clone();
        move |source| Error::Io { name, action, source }
    }

    /// What says whether this is still the process that made this.
    pub(crate) fn guard(&self) -> ForkGuard {
        self.guard.clone()
    }

    /// False in a child process that `fork` has made.
    #[inline(always)]
    pub(crate) fn is_this_process(&self) -> bool {
        self.guard.holds()
    }

    /// The number of this process, if it has written.
    pub(crate) fn owner(&self) -> Option<OwnerTag> {
        self.owner.get().copied()
    }

    /// The number of this process, taken now if it has none. `claimed` is told of it first, to clear away what the
    /// last process of that number left.
    pub(crate) fn acquire_owner(
        &self,
        region: &Arc<Region>,
        layout: &Layout,
        claimed: impl FnOnce(OwnerTag),
    ) -> Result<OwnerTag, Error> {
        if !self.is_this_process() {
            return Err(Error::Forked);
        }
        let _acquiring = hold(&self.acquiring);
        if let Some(owner) = self.owner() {
            return Ok(owner);
        }
        let pid = rustix::process::getpid().as_raw_nonzero().get().unsigned_abs();
        // Processes begin to look at different numbers, so that most find one at once.
        for n in 0..layout.owners {
            let number = (pid.wrapping_add(u32::from(n)) % u32::from(layout.owners)) as u16 + 1;
            let Some(entry) = region.words().get(layout.owner(number)) else { continue };
            if self.take_number(number, entry)? {
                point("numbered");
                let next = u32::from(!cfg!(mutant = "epoch_stands_still"));
                let epoch = ((entry.load(Relaxed) >> 32) as u32).wrapping_add(next);
                entry.store(u64::from(epoch) << 32 | u64::from(pid), Relaxed);
                if self.locks().is_none()
                    && let Some(entry) = Span::of(region, layout.owner(number)..layout.owner(number) + 1)
                {
                    let _ = self.entry.set(entry);
                }
                let owner = OwnerTag::new(number, epoch);
                claimed(owner);
                return Ok(*self.owner.get_or_init(|| owner));
            }
        }
        Err(Error::NoOwner { owners: layout.owners })
    }

    fn take_number(&self, number: u16, entry: &Word) -> Result<bool, Error> {
        match self.locks() {
            Some(file) => lock_byte(file, LOCKS + u64::from(number)).map_err(self.io("fcntl(F_OFD_SETLK)")),
            None => {
                let seen = entry.load(Relaxed);
                Ok(seen as u32 == 0 && entry.compare_exchange(seen, seen | 1, AcqRel).is_ok())
            }
        }
    }

    /// Whether it is proven that the owner is dead. Makes one system call, async-signal-safe.
    pub(crate) fn is_dead(&self, owner: OwnerTag) -> bool {
        if cfg!(mutant = "all_others_are_dead") {
            return self.owner() != Some(owner);
        }
        if cfg!(mutant = "nobody_is_dead") {
            return false;
        }
        let is_me = self.owner().is_some_and(|me| me.number() == owner.number());
        (!is_me || cfg!(mutant = "own_lock_looks_free")) && !self.is_alive(owner.number())
    }

    /// Whether some process has this number now.
    pub(crate) fn is_alive(&self, number: u16) -> bool {
        if self.owner().is_some_and(|me| me.number() == number) && !cfg!(mutant = "own_lock_looks_free") {
            return true;
        }
        self.locks().is_none_or(|file| is_locked(file, number))
    }

    /// The right to take and give up slots: this process's and this thread's alone.
    pub(crate) fn admin(&self) -> Result<Admin<'_>, Error> {
        if !self.is_this_process() {
            return Err(Error::Forked);
        }
        let turn = hold(&self.admin);
        if let Some(file) = self.locks()
            && !cfg!(mutant = "no_admin_lock")
            && !lock_byte(file, ADMIN).map_err(self.io("fcntl(F_OFD_SETLK)"))?
        {
            return Err(Error::Busy { name: self.name.clone() });
        }
        Ok(Admin { file: self.locks(), _turn: turn })
    }
}

impl Drop for Access {
    /// Gives the number back. The kernel would drop a lock by itself, but not before the last copy of its descriptor is
    /// closed, which a child may have that is about to call `exec`.
    fn drop(&mut self) {
        if !self.is_this_process() {
            return;
        }
        if let (Some(file), Some(owner)) = (self.locks(), self.owner()) {
            // Should the kernel refuse, it is dropped with the file.
            let _ = unlock_byte(file, LOCKS + u64::from(owner.number()));
        }
        if let Some(entry) = self.entry.get() {
            let ([entry], _) = entry.words();
            // The epoch stays, so that the next one has another.
            entry.store(entry.load(Relaxed) & !u64::from(u32::MAX), Release);
        }
    }
}

/// Whether some process holds this number in the ring of this file, which may be open for reading only.
pub(crate) fn is_locked(file: &File, number: u16) -> bool {
    // Where the kernel does not say, nobody is dead.
    byte_is_locked(file, LOCKS + u64::from(number)).unwrap_or(true)
}

/// Neither of the two guards anything that a panic could leave half done.
fn hold(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Held while slots change. Whoever finds a slot half changed and holds this knows that its changer is dead.
#[derive(Debug)]
pub(crate) struct Admin<'a> {
    file: Option<&'a File>,
    _turn: MutexGuard<'a, ()>,
}

impl Drop for Admin<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.file {
            // It is ours; should the kernel refuse, it is dropped with the file.
            let _ = unlock_byte(file, ADMIN);
        }
    }
}
