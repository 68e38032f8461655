/**
 * @file cgview.h
 * libcgview: log rings in shared memory that no writer's death can break (cgview_mbuf_*).
 *
 * Generated from cgview-ffi/src, where it is to be changed. C99 and C++; link with `-lcgview`.
 *
 * ## Results
 *
 * 0 or a positive number is success, a **negative errno** failure; what each means:
 *
 * | Code | Meaning |
 * |---|---|
 * | -EINVAL | NULL where it may not be, or another kind of handle; a value, option or constant that cannot be; a structure whose size is not set |
 * | -E2BIG | a structure of a newer header asks for what this library does not know; a size that is garbage |
 * | -ENOMEM | no memory for a copy, or for a mapping |
 * | -EIO | a fault in the library itself, or the system's error of that name |
 * | -ENOENT | no such file; no slot of that name; the slot belongs to nobody; not so many records |
 * | -ENXIO | the ring has no slot, or the slot no lane, of this number |
 * | -EEXIST | the file that was to be made exists |
 * | -EBADMSG | not a ring, or one of a version that this library does not know |
 * | -EPERM | a file or memfd that somebody else could change; the system's error of that name |
 * | -EOPNOTSUPP | this ring or this machine cannot do that |
 * | -ESTALE | the slot was given up, or went to somebody else |
 * | -ENOSPC | no slot is free; the system's error of that name |
 * | -ENAMETOOLONG | the name of a slot is longer than 184 bytes; the system's error of that name |
 * | -EUSERS | as many processes write already as the ring was made for |
 * | -EBUSY | another process changes slots at this moment: try again |
 * | -EAGAIN | the record was lost because all common lanes were busy; another thread fails on the handle |
 * | -EMSGSIZE | the record is longer than the ring takes |
 * | -EDQUOT | the record is over the slot's rate limit |
 * | -ECHILD | the handle is of before a `fork()`, and the parent's |
 * | -EROFS | the ring was opened for reading only |
 * | -ENODATA | the file was made shorter while it was read |
 *
 * Any other code is the system's, of the calls that the function names; `-EBADF` is a descriptor that is none. The text
 * to a failure is `cgview_last_error()`'s on the handle that is the first argument, or in the `error` buffer of calls
 * that make the first handle. `errno` itself may or may not change.
 *
 * ## Handles
 *
 * Opaque; each is closed by the function of its name, once. To pass NULL, or a handle of another kind, is `-EINVAL`, but
 * that NULL may be closed. Each says whether threads may share it, what it outlives, and what a child of
 * `fork()` may do with it.
 *
 * ## Structures
 *
 * Those that begin with `size` may grow. Set it to `sizeof`, all else to zero but what is wanted; a program and a library
 * of different versions then understand each other. Those that are filled say in `valid` which members were.
 *
 * ## What it does not do
 *
 * It starts no threads, installs no signal handlers, writes nothing to standard output or error, and all its descriptors
 * are close-on-exec. It can be loaded and unloaded any number of times. Where a function does not say that it is
 * async-signal-safe, it is not. Memory that cannot be had for a few bytes ends the process, as in any Rust program.
 */


#ifndef CGVIEW_H
#define CGVIEW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#if defined(__GNUC__)
#define CGVIEW_API __attribute__((visibility("default")))
#else
#define CGVIEW_API
#endif


/**
 * The major version of this header; while it is 0, a minor version may break.
 */
#define CGVIEW_VERSION_MAJOR 0

/**
 * The minor version of this header.
 */
#define CGVIEW_VERSION_MINOR 1

/**
 * The patch version of this header.
 */
#define CGVIEW_VERSION_PATCH 0

/**
 * `CLOCK_MONOTONIC`: some 20 ns a record. The default.
 */
#define CGVIEW_MBUF_CLOCK_MONOTONIC 1

/**
 * `CLOCK_MONOTONIC_COARSE`: as exact as the kernel's tick, 1 to 10 ms; some 3 ns a record.
 */
#define CGVIEW_MBUF_CLOCK_COARSE 2

/**
 * The processor's time stamp counter, calibrated when the ring is made, in nanoseconds: some 5 ns a record. Only where it
 * runs at one rate on all CPUs, else `-EOPNOTSUPP`. Drifts from `CLOCK_MONOTONIC` by some 0.1 s a day.
 */
#define CGVIEW_MBUF_CLOCK_TSC 3

/**
 * What the writer says with each record.
 */
#define CGVIEW_MBUF_CLOCK_CALLER 4

/**
 * For `own_lanes`: none at all.
 */
#define CGVIEW_MBUF_NO_OWN_LANES UINT32_MAX

/**
 * The value is `u64`.
 */
#define CGVIEW_MBUF_U64 1

/**
 * The value is `i64`.
 */
#define CGVIEW_MBUF_I64 2

/**
 * The value is `f64`.
 */
#define CGVIEW_MBUF_F64 3

/**
 * The value is `u64`: 0 is false, all else is true. A record that is read has 0 or 1.
 */
#define CGVIEW_MBUF_BOOL 4

/**
 * The value is `bytes`, `bytes_len` of them: text, or anything.
 */
#define CGVIEW_MBUF_BYTES 5

/**
 * The machine is unusable.
 */
#define CGVIEW_MBUF_EMERGENCY 0

/**
 * Something has to be done at once.
 */
#define CGVIEW_MBUF_ALERT 1

/**
 * A critical condition.
 */
#define CGVIEW_MBUF_CRITICAL 2

/**
 * An error.
 */
#define CGVIEW_MBUF_ERROR 3

/**
 * A warning.
 */
#define CGVIEW_MBUF_WARNING 4

/**
 * Normal, but worth a notice.
 */
#define CGVIEW_MBUF_NOTICE 5

/**
 * For information.
 */
#define CGVIEW_MBUF_INFO 6

/**
 * For who looks for a fault.
 */
#define CGVIEW_MBUF_DEBUG 7

/**
 * In `valid` of a record: all members up to `fields_len`.
 */
#define CGVIEW_MBUF_RECORD_BASE 1

/**
 * In `valid` of a slot's info: all members up to `name`.
 */
#define CGVIEW_MBUF_SLOT_INFO_BASE 1

/**
 * In `valid` of a lane's info: all members up to `taken_over` but `owner` and `is_alive`.
 */
#define CGVIEW_MBUF_LANE_INFO_BASE 1

/**
 * In `valid` of a lane's info: `owner`. Without it nobody has the lane.
 */
#define CGVIEW_MBUF_LANE_INFO_OWNER 2

/**
 * In `valid` of a lane's info: `is_alive`. Without it there is no owner, or it cannot be known, as of a copy.
 */
#define CGVIEW_MBUF_LANE_INFO_ALIVE 4

/**
 * A line for people, in which nothing is missing: what cannot be seen is escaped, and UTF-8 stays as it is.
 */
#define CGVIEW_MBUF_TEXT_PLAIN 1

/**
 * An object of JSON on a line.
 */
#define CGVIEW_MBUF_TEXT_JSON 2

/**
 * A line as the kernel's own mbuf has it, to the byte: `<nanoseconds>:<message>`, what cannot be printed removed.
 */
#define CGVIEW_MBUF_TEXT_KERNEL 3

/**
 * As `CGVIEW_MBUF_TEXT_KERNEL`, with a line for each line of the record.
 */
#define CGVIEW_MBUF_TEXT_KERNEL_LINES 4

/**
 * Reads a slot on and on: each record once, and how many were overwritten in between.
 *
 * It belongs to one thread at a time. It outlives its reader and its ring; in a child of `fork()` it may go on being used.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_cursor cgview_mbuf_cursor;

/**
 * Reads a ring. Nothing that it does is seen by writers, and nothing that is in the ring can make it fail.
 *
 * May be shared between threads, and be used in a child of `fork()`. Its descriptor, if it has one, is close-on-exec. Its
 * cursors outlive it.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_reader cgview_mbuf_reader;

/**
 * A ring of log records, open for writing.
 *
 * May be shared between threads. In a child of `fork()` its calls are refused with `-ECHILD`; the child opens the ring
 * again. Its descriptor is close-on-exec. Its writers, readers and cursors outlive it.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_ring cgview_mbuf_ring;

/**
 * A copy of records, used again and again: it allocates only what it never had.
 *
 * It belongs to one thread at a time. It outlives the reader or cursor that filled it; in a child of `fork()` it may go on
 * being used.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_snapshot cgview_mbuf_snapshot;

/**
 * Writes records into one slot of a ring: one for each thread, and one for each signal handler that writes.
 *
 * It belongs to one thread at a time. It outlives the ring's handle. A child of `fork()` is refused with `-ECHILD` and
 * opens the ring again. It may be left unclosed by a process that dies in whatever way: nobody is held up, and no record
 * is torn or hidden but the one that was being written.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_writer cgview_mbuf_writer;

/**
 * What is decided when a ring is made.
 *
 * Set `size` to `sizeof(struct cgview_mbuf_options)`, and all else to zero but what is wanted: zero is the default.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_options {
    /**
     * The length of this structure.
     */
    size_t size;
    /**
     * How many containers there is room for; 0: one. More can be made later.
     */
    uint64_t slots;
    /**
     * Bytes of records in a slot, all its lanes together; 0: 65536. Each lane gets the greatest power of two that fits.
     */
    uint64_t bytes;
    /**
     * Lanes in a slot that a writer can have for itself; 0: two; none: `CGVIEW_MBUF_NO_OWN_LANES`.
     */
    uint32_t own_lanes;
    /**
     * Lanes in a slot that all other writers share; 0: two.
     */
    uint32_t common_lanes;
    /**
     * Processes that can write at the same time, 65535 at most; 0: 256.
     */
    uint32_t owners;
    /**
     * The clock of all records, such as `CGVIEW_MBUF_CLOCK_COARSE`; 0: `CGVIEW_MBUF_CLOCK_MONOTONIC`.
     */
    uint32_t clock;
    /**
     * The most records that a slot takes within `limit_interval_ns`; 0: as many as come.
     */
    uint32_t limit_burst;
    /**
     * Who may read and write a named file, as for `chmod()`; 0: its owner alone, 0600.
     */
    uint32_t mode;
    /**
     * The time of the limit in nanoseconds.
     */
    uint64_t limit_interval_ns;
} cgview_mbuf_options;

/**
 * A slot of a ring while it belongs to somebody, such as one container. Its generation tells one owner from the next:
 * whoever has the slot of an earlier one is refused with `-ESTALE`. A plain value, in any process's hands.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_slot {
    /**
     * Which slot, from 0.
     */
    uint32_t number;
    /**
     * How often it had been taken.
     */
    uint32_t generation;
} cgview_mbuf_slot;

/**
 * A typed field of a record: what a program wants to know of it without taking its text apart.
 *
 * Of the values only the one that `type` names counts. This structure stays as it is, so that arrays of it do; there may
 * be more types. Set the others to zero, as an initialiser does.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_field {
    /**
     * Its name; no NUL is needed. UTF-8 when it is written, any bytes when it is read: a record may come from anywhere.
     */
    const char *key;
    /**
     * Bytes of the name, 255 at most.
     */
    size_t key_len;
    /**
     * One of `CGVIEW_MBUF_U64`, `CGVIEW_MBUF_I64`, `CGVIEW_MBUF_F64`, `CGVIEW_MBUF_BOOL` and `CGVIEW_MBUF_BYTES`.
     */
    uint32_t type;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * A number without a sign, or whether something is so.
     */
    uint64_t u64;
    /**
     * A number with a sign.
     */
    int64_t i64;
    /**
     * A floating point number.
     */
    double f64;
    /**
     * Text, or any bytes.
     */
    const void *bytes;
    /**
     * How many.
     */
    size_t bytes_len;
} cgview_mbuf_field;

/**
 * A slot and what it counts.
 *
 * Set `size` to `sizeof(struct cgview_mbuf_slot_info)`; the library fills the rest.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_slot_info {
    /**
     * The length of this structure, set by the caller.
     */
    size_t size;
    /**
     * Which members the library filled: `CGVIEW_MBUF_SLOT_INFO_BASE`.
     */
    uint64_t valid;
    /**
     * Which slot, and of which generation.
     */
    struct cgview_mbuf_slot slot;
    /**
     * All records that were written, also those that were overwritten since.
     */
    uint64_t records;
    /**
     * Records that were lost because all common lanes were busy.
     */
    uint64_t lost;
    /**
     * Records that were refused because they were too long.
     */
    uint64_t refused;
    /**
     * Records that were over the rate limit.
     */
    uint64_t limited;
    /**
     * Records that their writers died over.
     */
    uint64_t unfinished;
    /**
     * Times that a lane was taken from a dead writer.
     */
    uint64_t taken_over;
    /**
     * Its lanes: the own ones, then the common ones.
     */
    uint32_t lanes;
    /**
     * Bytes of the name.
     */
    uint32_t name_len;
    /**
     * The name that it was taken under, with a NUL.
     */
    char name[192];
} cgview_mbuf_slot_info;

/**
 * A lane of a slot and what it counts.
 *
 * Set `size` to `sizeof(struct cgview_mbuf_lane_info)`; the library fills the rest.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_lane_info {
    /**
     * The length of this structure, set by the caller.
     */
    size_t size;
    /**
     * Which members the library filled: `CGVIEW_MBUF_LANE_INFO_BASE` and so on.
     */
    uint64_t valid;
    /**
     * 1 if a writer can have it for itself, 0 if it is common.
     */
    uint32_t is_own;
    /**
     * 1 if it holds records of the slot's generation, 0 if it is still with a late writer of an earlier one.
     */
    uint32_t is_current;
    /**
     * The number of the process that has it.
     */
    uint32_t owner;
    /**
     * 1 if that process lives, 0 if not.
     */
    uint32_t is_alive;
    /**
     * All records that were written, also those that were overwritten since.
     */
    uint64_t records;
    /**
     * Bytes of its ring in use.
     */
    uint64_t used;
    /**
     * Records that their writers died over.
     */
    uint64_t unfinished;
    /**
     * Times that it was taken from a dead writer.
     */
    uint64_t taken_over;
} cgview_mbuf_lane_info;

/**
 * A record that was read.
 *
 * Set `size` to `sizeof(struct cgview_mbuf_record)`; the library fills the rest. What it points to belongs to the
 * snapshot, and is there until that is used for something else or closed.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_record {
    /**
     * The length of this structure, set by the caller.
     */
    size_t size;
    /**
     * Which members the library filled: `CGVIEW_MBUF_RECORD_BASE`.
     */
    uint64_t valid;
    /**
     * When it was written: nanoseconds of the `CLOCK_MONOTONIC` of the machine that wrote it, or whatever the caller gave
     * if the ring has `CGVIEW_MBUF_CLOCK_CALLER`.
     */
    uint64_t time_ns;
    /**
     * Its number within its lane, from 0. Numbers that are missing were overwritten.
     */
    uint64_t sequence;
    /**
     * How grave it is, from `CGVIEW_MBUF_EMERGENCY` to `CGVIEW_MBUF_DEBUG`.
     */
    uint32_t level;
    /**
     * The lane of its slot that it was written into, from 0.
     */
    uint32_t lane;
    /**
     * Its text as it was written: any bytes, without a NUL at the end. Never NULL.
     */
    const void *text;
    /**
     * Bytes of the text.
     */
    size_t text_len;
    /**
     * Its fields in the order in which they were written, as an array.
     */
    const struct cgview_mbuf_field *fields;
    /**
     * How many fields.
     */
    size_t fields_len;
} cgview_mbuf_record;

/**
 * Which records become text, and how.
 *
 * Set `size` to `sizeof(struct cgview_mbuf_text)`, and all else to zero but what is wanted.
 *
 * @since 0.1
 */
typedef struct cgview_mbuf_text {
    /**
     * The length of this structure.
     */
    size_t size;
    /**
     * One of `CGVIEW_MBUF_TEXT_PLAIN` and its like; 0: `CGVIEW_MBUF_TEXT_PLAIN`.
     */
    uint32_t form;
    /**
     * Zero.
     */
    uint32_t reserved;
    /**
     * Which record to begin with, from 0, the oldest.
     */
    size_t first;
    /**
     * How many; 0: all that follow.
     */
    size_t count;
    /**
     * A reader of the ring, for the time of day where a form has one; NULL: the record's own time.
     */
    const struct cgview_mbuf_reader *reader;
    /**
     * The name of the slot, UTF-8, where a form has one; NULL: none.
     */
    const char *name;
} cgview_mbuf_text;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Says the version of the library that runs, which may be newer than the header: `major << 16 | minor << 8 | patch`.
 *
 * Async-signal-safe.
 *
 * @return the version; never fails
 * @since 0.1
 */
CGVIEW_API
uint32_t cgview_version(void);

/**
 * The same as text, such as "0.1.0".
 *
 * Async-signal-safe. The text is the library's and there as long as it is loaded.
 *
 * @return the version; never NULL
 * @since 0.1
 */
CGVIEW_API const char *cgview_version_string(void);

/**
 * Puts the reason why the last call that failed on this handle did so into `buf`: one line, without a line feed, that
 * names the file and the value that offended. Empty if none failed.
 *
 * As `snprintf()`: what fits is written, always with a NUL; `buf` may be NULL if `len` is 0.
 *
 * On a handle that threads share it is the failure of any of them. Not async-signal-safe.
 *
 * # Safety
 *
 * `handle` is NULL or an open handle of any kind.
 *
 * @return the length of the whole text in bytes, without the NUL; `-EINVAL`: not a handle, or `buf` is NULL;
 * `-EAGAIN`: another thread fails on it just now
 * @since 0.1
 */
CGVIEW_API
ssize_t cgview_last_error(const void *handle,
                          char *buf,
                          size_t len);

/**
 * Makes a ring in a new file, which appears at its path all at once.
 *
 * # Safety
 *
 * `path` is NULL or a string; `options` is NULL or as long as it says; `error` is NULL or `error_len` bytes long.
 *
 * @param options NULL: all of them the defaults
 * @param[out] ring the ring, to be closed with `cgview_mbuf_ring_close()`; NULL after a failure
 * @param[out] error where the reason of a failure goes, as by `snprintf()`; may be NULL if `error_len` is 0
 * @return 0; `-EINVAL`: an option cannot be; `-E2BIG`: one that this version does not know; `-EOPNOTSUPP`: there is no such
 * clock here; `-EEXIST`: the file exists; errors of `open(O_TMPFILE)`, `fallocate()`, `linkat()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_create(const char *path,
                            const struct cgview_mbuf_options *options,
                            struct cgview_mbuf_ring **ring,
                            char *error,
                            size_t error_len);

/**
 * Makes a ring in a memfd, sealed against becoming shorter, so that nobody who gets it can make its readers fail. Its
 * descriptor, to be passed on, is `cgview_mbuf_ring_fd()`.
 *
 * # Safety
 *
 * As `cgview_mbuf_ring_create()`.
 *
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
 * @return 0; `-EINVAL`, `-E2BIG`, `-EOPNOTSUPP` as `cgview_mbuf_ring_create()`; errors of `memfd_create()`, `fallocate()`
 * and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_create_memfd(const struct cgview_mbuf_options *options,
                                  struct cgview_mbuf_ring **ring,
                                  char *error,
                                  size_t error_len);

/**
 * Makes a ring in memory of this process alone: for threads and signal handlers.
 *
 * # Safety
 *
 * As `cgview_mbuf_ring_create()`.
 *
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
 * @return 0; `-EINVAL`, `-E2BIG`, `-EOPNOTSUPP` as `cgview_mbuf_ring_create()`; errors of `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_create_private(const struct cgview_mbuf_options *options,
                                    struct cgview_mbuf_ring **ring,
                                    char *error,
                                    size_t error_len);

/**
 * Makes a ring in memory that the caller keeps, such as a part of its own shared memory.
 *
 * Where other processes have that memory too, the file at `locks` is what proves that one of them died: any file, for
 * example an empty one, that all of them name here. Without it nothing is ever taken over from the dead.
 *
 * # Safety
 *
 * `memory` is NULL, or there, readable and writable, for `length` bytes until the ring and all its writers, readers and
 * cursors are closed; meanwhile nobody changes it but through this library. All else as `cgview_mbuf_ring_create()`.
 *
 * @param memory on a multiple of 8 bytes
 * @param locks NULL: none
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so are `options` and `error`
 * @return 0; `-EINVAL`: an option cannot be, or the memory is too short; `-E2BIG`, `-EOPNOTSUPP` as
 * `cgview_mbuf_ring_create()`; errors of `open()` for `locks`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_create_in(void *memory,
                               size_t length,
                               const char *locks,
                               const struct cgview_mbuf_options *options,
                               struct cgview_mbuf_ring **ring,
                               char *error,
                               size_t error_len);

/**
 * Opens a ring that somebody made in memory that the caller keeps; see `cgview_mbuf_ring_create_in()`.
 *
 * # Safety
 *
 * As `cgview_mbuf_ring_create_in()`.
 *
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
 * @return 0; `-EINVAL`; `-EBADMSG`: there is no ring; errors of `open()` for `locks`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_open_in(void *memory,
                             size_t length,
                             const char *locks,
                             struct cgview_mbuf_ring **ring,
                             char *error,
                             size_t error_len);

/**
 * Opens a ring in a file for writing, and so also for reading.
 *
 * # Safety
 *
 * `path` is NULL or a string; `error` is NULL or `error_len` bytes long.
 *
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
 * @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring, or one of a version that this one does not know;
 * `-EPERM`: not to be trusted, because it is no regular file, or somebody else than its owner, root or this process's
 * user could have made or could change it; errors of `open()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_open(const char *path,
                          struct cgview_mbuf_ring **ring,
                          char *error,
                          size_t error_len);

/**
 * Opens a ring by a descriptor that somebody passed on, such as a memfd. The descriptor stays the caller's, who may close
 * it; the ring has one of its own, opened by `/proc/self/fd`.
 *
 * # Safety
 *
 * `error` is NULL or `error_len` bytes long.
 *
 * @param[out] ring as for `cgview_mbuf_ring_create()`, and so is `error`
 * @return 0; `-EINVAL`; `-EBADF`: not a descriptor; `-EBADMSG`: not a ring; `-EPERM`: a memfd that somebody could still
 * make shorter; errors of `open()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_open_fd(int fd,
                             struct cgview_mbuf_ring **ring,
                             char *error,
                             size_t error_len);

/**
 * Closes a ring's handle. NULL is allowed. Writers, readers and cursors that are open go on.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which is not used any more.
 *
 * @since 0.1
 */
CGVIEW_API void cgview_mbuf_ring_close(struct cgview_mbuf_ring *ring);

/**
 * The ring's descriptor, to be passed on. It belongs to the ring, and is closed with it and its writers.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring.
 *
 * @return the descriptor; `-EINVAL`; `-EOPNOTSUPP`: it is memory without a file
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_ring_fd(const struct cgview_mbuf_ring *ring);

/**
 * Says how many slots the ring has, as far as this handle knows; `cgview_mbuf_ring_refresh()` looks for more.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring.
 *
 * @return how many; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API ssize_t cgview_mbuf_ring_slots(const struct cgview_mbuf_ring *ring);

/**
 * Says how long a record may be, text and fields together.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring.
 *
 * @return bytes; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API ssize_t cgview_mbuf_ring_max_record(const struct cgview_mbuf_ring *ring);

/**
 * Makes more slots: so many in all. Fewer than there are changes nothing. Other handles see them once they look;
 * writers, readers and cursors that are open do not.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads.
 *
 * @return 0; `-EINVAL`: more than a region holds; `-EOPNOTSUPP`: it is memory without a file; `-EBUSY`: another process
 * changes slots at this moment; `-ECHILD`: after `fork()`; errors of `fallocate()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_grow(struct cgview_mbuf_ring *ring,
                          uint64_t slots);

/**
 * Looks for slots that others have made since the ring was opened.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads.
 *
 * @return 0; `-EINVAL`; `-EBADMSG`: the file is not a ring any more; errors of `fstat()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_ring_refresh(struct cgview_mbuf_ring *ring);

/**
 * Takes a free slot and gives it a name, such as the container's. Its last owner's records are gone.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads; `name` is NULL or a string.
 *
 * @param name UTF-8, 184 bytes at most
 * @param[out] slot the slot
 * @return 0; `-EINVAL`; `-ENOSPC`: none is free; `-ENAMETOOLONG`; `-EBUSY`: another process changes slots at this moment;
 * `-EUSERS`: as many processes write already as the ring was made for; `-ECHILD`: after `fork()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_take_slot(const struct cgview_mbuf_ring *ring,
                               const char *name,
                               struct cgview_mbuf_slot *slot);

/**
 * Takes the slot of this number, if it is free.
 *
 * # Safety
 *
 * As `cgview_mbuf_ring_take_slot()`.
 *
 * @param number which slot, from 0
 * @return as `cgview_mbuf_ring_take_slot()`; `-ENOSPC`: it is taken; `-ENXIO`: no such slot
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_take_slot_at(const struct cgview_mbuf_ring *ring,
                                  uint32_t number,
                                  const char *name,
                                  struct cgview_mbuf_slot *slot);

/**
 * Finds the first slot of this name.
 *
 * # Safety
 *
 * As `cgview_mbuf_ring_take_slot()`.
 *
 * @param[out] slot the slot
 * @return 0; `-EINVAL`; `-ENOENT`: there is none
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_find_slot(const struct cgview_mbuf_ring *ring,
                               const char *name,
                               struct cgview_mbuf_slot *slot);

/**
 * Gives a slot up. Its records are erased; writers that still have it are refused from now on, in whatever process.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads.
 *
 * @return 0; `-EINVAL`; `-ESTALE`: it was given up already; `-ENXIO`: no such slot; `-EBUSY`: another process changes slots
 * at this moment; `-EUSERS`: as many processes write already as the ring was made for; `-ECHILD`: after `fork()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_ring_give_up_slot(const struct cgview_mbuf_ring *ring,
                                  struct cgview_mbuf_slot slot);

/**
 * Opens a writer into a slot: with a lane of its own if one is free, else one that shares the common lanes.
 *
 * The reason of a failure is the ring's: `cgview_last_error(ring, ...)`. Not async-signal-safe: a signal handler's writer
 * is opened before the handler is installed.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads.
 *
 * @param[out] writer the writer, to be closed with `cgview_mbuf_writer_close()`; NULL after a failure
 * @return 0; `-EINVAL`; `-ESTALE`: the slot was given up; `-ENXIO`: no such slot; `-EUSERS`: as many processes write
 * already as the ring was made for; `-ECHILD`: after `fork()`; errors of `fcntl(F_OFD_SETLK)`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_writer_open(const struct cgview_mbuf_ring *ring,
                            struct cgview_mbuf_slot slot,
                            struct cgview_mbuf_writer **writer);

/**
 * Closes a writer and gives its lane back. NULL is allowed. Not async-signal-safe.
 *
 * # Safety
 *
 * `writer` is NULL or an open writer, which is not used any more.
 *
 * @since 0.1
 */
CGVIEW_API void cgview_mbuf_writer_close(struct cgview_mbuf_writer *writer);

/**
 * Writes a record with the time of the ring's clock; where that is the caller's, with the last time given.
 *
 * It neither waits nor allocates, and makes no system call but to wake a reader who sleeps, to read the clock where the
 * kernel does not do without, and, once in many records that are lost, to find out whether who holds all common lanes is
 * dead. **Async-signal-safe** if the handler has a writer of its own; `errno` may change.
 *
 * # Safety
 *
 * `writer` is NULL or an open writer, in nobody else's use. `text` is NULL or there for `text_len` bytes.
 *
 * @param level from `CGVIEW_MBUF_EMERGENCY` to `CGVIEW_MBUF_DEBUG`
 * @param text any bytes; may be NULL if `text_len` is 0
 * @return 0; or nothing was written: `-EINVAL`; `-EMSGSIZE`: longer than `cgview_mbuf_writer_max_record()`; `-EDQUOT`: over
 * the rate limit; `-EAGAIN`: all common lanes were busy; `-ESTALE`: the slot was given up; `-ECHILD`: after `fork()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_write(struct cgview_mbuf_writer *writer,
                      uint32_t level,
                      const void *text,
                      size_t text_len);

/**
 * Writes a record with this time. Readers see the records of a lane in the order in which they were written, whatever
 * their times say. Async-signal-safe as `cgview_mbuf_write()`.
 *
 * # Safety
 *
 * As `cgview_mbuf_write()`.
 *
 * @param time_ns nanoseconds
 * @return as `cgview_mbuf_write()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_write_at(struct cgview_mbuf_writer *writer,
                         uint64_t time_ns,
                         uint32_t level,
                         const void *text,
                         size_t text_len);

/**
 * Writes a record of text and typed fields, whole or not at all. Async-signal-safe as `cgview_mbuf_write()`.
 *
 * # Safety
 *
 * As `cgview_mbuf_write()`; `fields` is NULL or there for `fields_len` fields, and so is what they point to.
 *
 * @param fields may be NULL if `fields_len` is 0
 * @return as `cgview_mbuf_write()`; `-EINVAL` also for a type that is not known, and for a key that is not UTF-8 or longer
 * than 255 bytes
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_write_fields(struct cgview_mbuf_writer *writer,
                             uint32_t level,
                             const void *text,
                             size_t text_len,
                             const struct cgview_mbuf_field *fields,
                             size_t fields_len);

/**
 * Says how long a record may be, text and fields together. Async-signal-safe.
 *
 * # Safety
 *
 * `writer` is NULL or an open writer.
 *
 * @return bytes; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API ssize_t cgview_mbuf_writer_max_record(const struct cgview_mbuf_writer *writer);

/**
 * Says whether the writer has a lane of its own, and so uses no locked instruction. Async-signal-safe.
 *
 * # Safety
 *
 * `writer` is NULL or an open writer.
 *
 * @return 1 or 0; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_writer_has_own_lane(const struct cgview_mbuf_writer *writer);

/**
 * Opens a ring in a file for reading. It is mapped: whoever can make the file shorter can end this process by `SIGBUS`.
 *
 * # Safety
 *
 * `path` is NULL or a string; `error` is NULL or `error_len` bytes long.
 *
 * @param[out] reader the reader, to be closed with `cgview_mbuf_reader_close()`; NULL after a failure
 * @param[out] error where the reason of a failure goes, as by `snprintf()`; may be NULL if `error_len` is 0
 * @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring; `-EPERM`: not to be trusted, as
 * `cgview_mbuf_ring_open()`; errors of `open()` and `mmap()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_open(const char *path,
                            struct cgview_mbuf_reader **reader,
                            char *error,
                            size_t error_len);

/**
 * Opens a ring in any file, also one that somebody else owns, writes and may make shorter: it is read by system calls.
 *
 * # Safety
 *
 * As `cgview_mbuf_reader_open()`.
 *
 * @param[out] reader as for `cgview_mbuf_reader_open()`, and so is `error`
 * @return 0; `-EINVAL`; `-ENOENT`: no such file; `-EBADMSG`: not a ring; errors of `open()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_open_unmapped(const char *path,
                                     struct cgview_mbuf_reader **reader,
                                     char *error,
                                     size_t error_len);

/**
 * Reads a copy of a ring, such as the file that a crashed machine left. Rings are the same on machines of either byte
 * order. The bytes are copied, and may go when this returns.
 *
 * # Safety
 *
 * `copy` is NULL or there for `length` bytes; `error` is NULL or `error_len` bytes long.
 *
 * @param[out] reader as for `cgview_mbuf_reader_open()`, and so is `error`
 * @return 0; `-EINVAL`; `-ENOMEM`; `-EBADMSG`: not a ring, or not all of one
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_of_bytes(const void *copy,
                                size_t length,
                                struct cgview_mbuf_reader **reader,
                                char *error,
                                size_t error_len);

/**
 * Reads a ring that is open for writing. Those who wait for records through this reader are woken at once.
 *
 * The reason of a failure is the ring's: `cgview_last_error(ring, ...)`.
 *
 * # Safety
 *
 * `ring` is NULL or an open ring, which may be in the use of other threads.
 *
 * @param[out] reader the reader, to be closed with `cgview_mbuf_reader_close()`; NULL after a failure
 * @return 0; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_of_ring(const struct cgview_mbuf_ring *ring,
                               struct cgview_mbuf_reader **reader);

/**
 * Closes a reader. NULL is allowed. Cursors that are open go on.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader, which is not used any more.
 *
 * @since 0.1
 */
CGVIEW_API void cgview_mbuf_reader_close(struct cgview_mbuf_reader *reader);

/**
 * Says how many slots there are, taken and free.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader.
 *
 * @return how many; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API ssize_t cgview_mbuf_reader_slots(const struct cgview_mbuf_reader *reader);

/**
 * The slot of this number as it is now: from 0 up to `cgview_mbuf_reader_slots()` these are all of them.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader.
 *
 * @param[out] slot the slot
 * @return 0; `-EINVAL`; `-ENOENT`: it belongs to nobody; `-ENXIO`: no such slot; `-ENODATA`: the file was cut
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_slot(const struct cgview_mbuf_reader *reader,
                            uint32_t number,
                            struct cgview_mbuf_slot *slot);

/**
 * Finds the first slot of this name.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader; `name` is NULL or a string.
 *
 * @param name UTF-8
 * @param[out] slot the slot
 * @return 0; `-EINVAL`; `-ENOENT`: there is none; `-ENODATA`: the file was cut
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_find_slot(const struct cgview_mbuf_reader *reader,
                                 const char *name,
                                 struct cgview_mbuf_slot *slot);

/**
 * A slot and what it counts.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader; `info` is NULL or as long as it says.
 *
 * @param number which slot, from 0
 * @param[in,out] info its `size` set
 * @return 0; `-EINVAL`; `-E2BIG`: its size is garbage; `-ENOENT`: the slot belongs to nobody; `-ENXIO`: no such slot;
 * `-ENODATA`: the file was cut
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_slot_info(const struct cgview_mbuf_reader *reader,
                                 uint32_t number,
                                 struct cgview_mbuf_slot_info *info);

/**
 * A lane of a slot and what it counts.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader; `info` is NULL or as long as it says.
 *
 * @param number which slot, from 0
 * @param lane which of its lanes, from 0
 * @param[in,out] info its `size` set
 * @return as `cgview_mbuf_reader_slot_info()`; `-ENXIO` also for a lane that is not there
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_lane_info(const struct cgview_mbuf_reader *reader,
                                 uint32_t number,
                                 uint32_t lane,
                                 struct cgview_mbuf_lane_info *info);

/**
 * The ring's time now, to be compared with a record's. Only on the machine that writes the ring.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader.
 *
 * @param[out] time_ns nanoseconds
 * @return 0; `-EINVAL`; `-EOPNOTSUPP`: the ring's time is the caller's
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_reader_now(const struct cgview_mbuf_reader *reader, uint64_t *time_ns);

/**
 * The time of day of a record's time, as the clocks of the machine that wrote it were when the ring was made.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader.
 *
 * @param time_ns a record's time in nanoseconds
 * @param[out] unix_ns nanoseconds since 1970
 * @return 0; `-EINVAL`; `-EOPNOTSUPP`: the ring's time is the caller's, or not one of this age
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_reader_time_of_day(const struct cgview_mbuf_reader *reader,
                                   uint64_t time_ns,
                                   int64_t *unix_ns);

/**
 * Makes an empty snapshot.
 *
 * # Safety
 *
 * `snapshot` is NULL or writable.
 *
 * @param[out] snapshot the snapshot, to be closed with `cgview_mbuf_snapshot_close()`
 * @return 0; `-EINVAL`: NULL
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_snapshot_open(struct cgview_mbuf_snapshot **snapshot);

/**
 * Closes a snapshot, with all that its records point to. NULL is allowed.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot, which is not used any more.
 *
 * @since 0.1
 */
CGVIEW_API void cgview_mbuf_snapshot_close(struct cgview_mbuf_snapshot *snapshot);

/**
 * Copies all records of a slot, the newest that it holds, into the snapshot, the oldest first: by time, lane and position.
 *
 * One pass that copies each lane once, however busy the writers are. Records that are written meanwhile may be in it or
 * not. The reason of a failure is the snapshot's: `cgview_last_error(snapshot, ...)`. After one other than `-EINVAL` the
 * snapshot is empty.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot, in nobody else's use; `reader` is NULL or an open reader.
 *
 * @return how many records; `-EINVAL`; `-ESTALE`: the slot belongs to somebody else by now, or to nobody; `-ENXIO`: no such
 * slot; `-ENODATA`: the file was cut
 * @since 0.1
 */
CGVIEW_API
ssize_t cgview_mbuf_snapshot_take(struct cgview_mbuf_snapshot *snapshot,
                                  const struct cgview_mbuf_reader *reader,
                                  struct cgview_mbuf_slot slot);

/**
 * Says how many records there are.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot.
 *
 * @return how many; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API ssize_t cgview_mbuf_snapshot_count(const struct cgview_mbuf_snapshot *snapshot);

/**
 * One of the records. What it points to is there until the snapshot is filled again or closed.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot; `record` is NULL or as long as it says.
 *
 * @param at which one, from 0, the oldest
 * @param[in,out] record its `size` set
 * @return 0; `-EINVAL`; `-E2BIG`: its size is garbage; `-ENOENT`: there are not so many
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_snapshot_record(const struct cgview_mbuf_snapshot *snapshot,
                                size_t at,
                                struct cgview_mbuf_record *record);

/**
 * Several records at once, into an array: for languages to which a call is dear.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot; `records` is NULL or there, writable, for `records_len` records, each as long as
 * its first one says.
 *
 * @param first which one to begin with, from 0, the oldest
 * @param[in,out] records of the first one its `size` set, which holds for all
 * @return how many there were, `records_len` at most; `-EINVAL`; `-E2BIG`: the size is garbage
 * @since 0.1
 */
CGVIEW_API
ssize_t cgview_mbuf_snapshot_records(const struct cgview_mbuf_snapshot *snapshot,
                                     size_t first,
                                     struct cgview_mbuf_record *records,
                                     size_t records_len);

/**
 * Puts records as lines of text into `buf`, each ended by a line feed, of which it has no other one.
 *
 * As `snprintf()`: what fits is written, always with a NUL; `buf` may be NULL if `len` is 0. Of many records it is better
 * to take all at once than one by one.
 *
 * # Safety
 *
 * `snapshot` is NULL or an open snapshot, in nobody else's use; `text` is NULL or as long as it says; `buf` is NULL or
 * there for `len` bytes.
 *
 * @return the length of the whole text in bytes, without the NUL; `-EINVAL`; `-E2BIG`: it asks for what this version does
 * not know
 * @since 0.1
 */
CGVIEW_API
ssize_t cgview_mbuf_snapshot_text(struct cgview_mbuf_snapshot *snapshot,
                                  const struct cgview_mbuf_text *text,
                                  char *buf,
                                  size_t len);

/**
 * Opens a cursor that begins with the oldest record there is when it is read first: what was overwritten until then was
 * not lost to it.
 *
 * Whether the slot is still its owner's is found out by the first read. The reason of a failure is the reader's:
 * `cgview_last_error(reader, ...)`.
 *
 * # Safety
 *
 * `reader` is NULL or an open reader, which may be in the use of other threads.
 *
 * @param[out] cursor the cursor, to be closed with `cgview_mbuf_cursor_close()`; NULL after a failure
 * @return 0; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_cursor_open(const struct cgview_mbuf_reader *reader,
                            struct cgview_mbuf_slot slot,
                            struct cgview_mbuf_cursor **cursor);

/**
 * Closes a cursor. NULL is allowed.
 *
 * # Safety
 *
 * `cursor` is NULL or an open cursor, which is not used any more.
 *
 * @since 0.1
 */
CGVIEW_API void cgview_mbuf_cursor_close(struct cgview_mbuf_cursor *cursor);

/**
 * Copies the records that came since the last time into the snapshot.
 *
 * Records of one read are in the order of `cgview_mbuf_snapshot_take()`. Between two reads, one of a writer that was slow
 * may come after one that is newer. The reason of a failure is the cursor's. After one other than `-EINVAL` the snapshot is
 * empty.
 *
 * # Safety
 *
 * `cursor` and `snapshot` are NULL or open, in nobody else's use; `lost` is NULL or writable.
 *
 * @param[out] lost how many records were overwritten before they could be copied, as far as it is known by now; may be NULL
 * @return how many records; `-EINVAL`; `-ESTALE`: the slot was given up, and it stays so; `-ENXIO`: no such slot;
 * `-ENODATA`: the file was cut
 * @since 0.1
 */
CGVIEW_API
ssize_t cgview_mbuf_cursor_read(struct cgview_mbuf_cursor *cursor,
                                struct cgview_mbuf_snapshot *snapshot,
                                uint64_t *lost);

/**
 * Says whether there is something to read: a record, or the news that the slot was given up.
 *
 * # Safety
 *
 * `cursor` is NULL or an open cursor.
 *
 * @return 1 or 0; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API int cgview_mbuf_cursor_is_ready(const struct cgview_mbuf_cursor *cursor);

/**
 * Sleeps until there is something to read.
 *
 * A writer wakes it at once if the ring is open for writing here (`cgview_mbuf_reader_of_ring()`); a reader that cannot
 * write into the ring looks every 100 ms.
 *
 * # Safety
 *
 * `cursor` is NULL or an open cursor, in nobody else's use.
 *
 * @param timeout_ms milliseconds to sleep at most; negative: until there is something
 * @return 1: there is something; 0: the time is over; `-EINVAL`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_cursor_wait(const struct cgview_mbuf_cursor *cursor,
                            int timeout_ms);

/**
 * Sleeps until one of several cursors, all of one ring, has something to read: for a program that follows many slots.
 *
 * # Safety
 *
 * `cursors` is NULL or there for `cursors_len` pointers, each of them an open cursor in nobody else's use.
 *
 * @param timeout_ms as for `cgview_mbuf_cursor_wait()`
 * @return as `cgview_mbuf_cursor_wait()`
 * @since 0.1
 */
CGVIEW_API
int cgview_mbuf_cursor_wait_any(const struct cgview_mbuf_cursor *const *cursors,
                                size_t cursors_len,
                                int timeout_ms);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CGVIEW_H */
