//! Files that hold rings: made all at once, and looked at before they are trusted.

use crate::error::Error;
use rustix::fd::{AsFd, AsRawFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, FallocateFlags, FileType, MemfdFlags, Mode, OFlags, SealFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::path::Path;

/// What stands for the name of a memfd in errors.
pub(crate) const MEMFD: &str = "memfd";
/// And of memory that has no file.
pub(crate) const MEMORY: &str = "memory";

/// Makes a file of so many bytes of zeros, lets `fill` write into it, and only then gives it its name.
pub(crate) fn create(
    path: &Path,
    bytes: usize,
    mode: u32,
    fill: impl FnOnce(&File) -> io::Result<()>,
) -> Result<File, Error> {
    let failed = |action| {
        let name = path.display().to_string();
        move |source: io::Error| Error::Io { name, action, source }
    };
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, directory, flags, Mode::from_raw_mode(mode));
    let file = File::from(file.map_err(|errno| failed("open(O_TMPFILE) in its directory")(errno.into()))?);
    // The process's umask has nothing to say: the mode was asked for by name.
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).map_err(|errno| failed("fchmod")(errno.into()))?;
    lengthen(&file, bytes).map_err(failed("fallocate"))?;
    fill(&file).map_err(failed("mmap"))?;
    let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
    match rustix::fs::linkat(CWD, unnamed, CWD, path, AtFlags::SYMLINK_FOLLOW) {
        Ok(()) => Ok(file),
        Err(Errno::EXIST) => Err(Error::Exists { path: path.to_owned() }),
        Err(errno) => Err(failed("linkat")(errno.into())),
    }
}

/// A memfd of so many bytes of zeros that nobody can make shorter.
pub(crate) fn memfd(bytes: usize) -> Result<File, Error> {
    let failed = |action| move |source: io::Error| Error::Io { name: MEMFD.into(), action, source };
    let file = rustix::fs::memfd_create("mbuf", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        .map_err(|errno| failed("memfd_create")(errno.into()))?;
    let file = File::from(file);
    lengthen(&file, bytes).map_err(failed("fallocate"))?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK)
        .map_err(|errno| failed("fcntl(F_ADD_SEALS)")(errno.into()))?;
    Ok(file)
}

/// Makes the file so long, with all its blocks: a full disk must be found out here, not by a write into the mapping.
pub(crate) fn lengthen(file: &File, bytes: usize) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, bytes as u64) {
        Ok(()) => Ok(()),
        // A file system that cannot do that is left to its luck.
        Err(Errno::OPNOTSUPP) => file.set_len(bytes as u64),
        Err(errno) => Err(errno.into()),
    }
}

/// Opens a file that holds a ring and that nobody could have put there, or could change, who is not trusted anyway.
pub(crate) fn open(path: &Path, writable: bool) -> Result<File, Error> {
    let failed = |action| {
        let name = path.display().to_string();
        move |source: io::Error| Error::Io { name, action, source }
    };
    let access = if writable { OFlags::RDWR } else { OFlags::RDONLY };
    // Not to be kept waiting by a pipe.
    let mut flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    flags.set(OFlags::NOFOLLOW, !cfg!(mutant = "trusts_links"));
    let not_trusted = |reason: String| Error::NotTrusted { path: path.to_owned(), reason };
    let file = match rustix::fs::openat(CWD, path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP) => return Err(not_trusted("it is a symbolic link".into())),
        Err(errno) => return Err(failed("open")(errno.into())),
    };
    let stat = rustix::fs::fstat(&file).map_err(|errno| failed("fstat")(errno.into()))?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if !is_file && !cfg!(mutant = "trusts_what_is_no_file") {
        return Err(not_trusted("it is not a regular file".into()));
    }
    let me = rustix::process::geteuid().as_raw();
    if stat.st_uid != me && stat.st_uid != 0 && !cfg!(mutant = "trusts_other_users") {
        return Err(not_trusted(format!("it belongs to user {}, not to {me} or root", stat.st_uid)));
    }
    if stat.st_mode & 0o002 != 0 && !cfg!(mutant = "trusts_what_anybody_writes") {
        return Err(not_trusted(format!("anybody can write it: its mode is {:o}", stat.st_mode & 0o7777)));
    }
    Ok(file)
}

/// Opens what a descriptor stands for once more, so that the new description's locks are its own.
pub(crate) fn again(file: &impl AsFd, name: &str) -> Result<File, Error> {
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    let again = rustix::fs::openat(CWD, path, flags, Mode::empty());
    again.map(File::from).map_err(|errno| Error::Io {
        name: name.to_owned(),
        action: "open by /proc/self/fd",
        source: errno.into(),
    })
}

/// The name of what is behind a descriptor, for errors.
pub(crate) fn name_of(file: &OwnedFd) -> String {
    let fd = file.as_raw_fd();
    let link = std::fs::read_link(format!("/proc/self/fd/{fd}"));
    link.map_or_else(|_| format!("descriptor {fd}"), |path| path.display().to_string())
}

/// An error if this is a memfd that its maker could make shorter while it is mapped.
pub(crate) fn require_seal(file: &OwnedFd, name: &str) -> Result<(), Error> {
    let is_memfd = name.starts_with("/memfd:");
    let is_sealed = rustix::fs::fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SealFlags::SHRINK));
    if is_memfd && !is_sealed && !cfg!(mutant = "trusts_what_may_be_cut") {
        let reason = "it is a memfd without F_SEAL_SHRINK".into();
        return Err(Error::NotTrusted { path: name.into(), reason });
    }
    Ok(())
}

/// Its length in bytes.
pub(crate) fn length(file: &File) -> io::Result<usize> {
    Ok(usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX))
}

/// Opens any file for reading, without being kept waiting by a pipe.
pub(crate) fn open_any(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    Ok(File::from(rustix::fs::openat(CWD, path, flags, Mode::empty())?))
}
