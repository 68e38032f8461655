/*
 * Every function: what it does, and what it says to NULL, to wrong sizes, and in each case of the table of codes.
 *
 *   api DIRECTORY        an empty one
 */
#include "cgview.h"
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char *directory;

static const char *in(const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static cgview_mbuf_options options_of(uint64_t slots) {
    cgview_mbuf_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.slots = slots;
    return options;
}

/* A ring in memory with one slot taken, for the tests that need no file. */
static cgview_mbuf_ring *private_ring(const cgview_mbuf_options *options, cgview_mbuf_slot *slot) {
    cgview_mbuf_ring *ring = NULL;
    EQUAL(cgview_mbuf_ring_create_private(options, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "private", slot), 0);
    return ring;
}

static cgview_mbuf_record record_at(const cgview_mbuf_snapshot *snapshot, size_t at) {
    cgview_mbuf_record record;
    memset(&record, 0xff, sizeof record);
    record.size = sizeof record;
    EQUAL(cgview_mbuf_snapshot_record(snapshot, at, &record), 0);
    EQUAL(record.valid, CGVIEW_MBUF_RECORD_BASE);
    return record;
}

static void layout_is_fixed(void) {
    if (sizeof(void *) != 8)
        return;
    EQUAL(sizeof(cgview_mbuf_options), 56);
    EQUAL(sizeof(cgview_mbuf_slot), 8);
    EQUAL(sizeof(cgview_mbuf_field), 64);
    EQUAL(sizeof(cgview_mbuf_record), 72);
    EQUAL(sizeof(cgview_mbuf_slot_info), 272);
    EQUAL(sizeof(cgview_mbuf_text), 48);
    EQUAL(sizeof(cgview_mbuf_lane_info), 64);
    EQUAL(offsetof(cgview_mbuf_options, limit_interval_ns), 48);
    EQUAL(offsetof(cgview_mbuf_field, bytes), 48);
    EQUAL(offsetof(cgview_mbuf_record, text), 40);
    EQUAL(offsetof(cgview_mbuf_slot_info, name), 80);
    EQUAL(offsetof(cgview_mbuf_lane_info, records), 32);
}

static void versions(void) {
    char text[32];
    uint32_t version = cgview_version();
    EQUAL(version, CGVIEW_VERSION_MAJOR << 16 | CGVIEW_VERSION_MINOR << 8 | CGVIEW_VERSION_PATCH);
    sprintf(text, "%u.%u.%u", version >> 16, version >> 8 & 255, version & 255);
    CHECK(strcmp(text, cgview_version_string()) == 0);
}

static void options_and_their_sizes(void) {
    struct {
        cgview_mbuf_options options;
        uint64_t later;
    } newer;
    cgview_mbuf_options options;
    cgview_mbuf_ring *ring = NULL;
    char error[256];

#define REFUSED(member, value, code) \
    do { \
        options = options_of(1); \
        options.member = value; \
        ring = (cgview_mbuf_ring *)&ring; \
        EQUAL(cgview_mbuf_ring_create_private(&options, &ring, error, sizeof error), code); \
        CHECK(ring == NULL && error[0] != 0); \
    } while (0)
    REFUSED(size, 0, -EINVAL);
    REFUSED(size, sizeof options - 1, -EINVAL);
    REFUSED(size, (size_t)-1, -E2BIG);
    REFUSED(bytes, 1, -EINVAL);
    REFUSED(bytes, UINT64_MAX, -EINVAL);
    REFUSED(slots, UINT64_MAX, -EINVAL);
    REFUSED(own_lanes, 100000, -EINVAL);
    REFUSED(owners, 65536, -EINVAL);
    REFUSED(clock, 5, -EINVAL);
    REFUSED(mode, 010000, -EINVAL);
    REFUSED(limit_burst, 1, -EINVAL);
    REFUSED(limit_interval_ns, 1, -EINVAL);

    memset(&newer, 0, sizeof newer);
    newer.options.size = sizeof newer;
    newer.later = 1;
    EQUAL(cgview_mbuf_ring_create_private(&newer.options, &ring, error, sizeof error), -E2BIG);
    CHECK(strstr(error, "cgview_mbuf_options") != NULL);
    newer.later = 0;
    EQUAL(cgview_mbuf_ring_create_private(&newer.options, &ring, error, sizeof error), 0);
    EQUAL(cgview_mbuf_ring_slots(ring), 1);
    CHECK(cgview_mbuf_ring_max_record(ring) > 1000);
    EQUAL(cgview_mbuf_ring_fd(ring), -EOPNOTSUPP);
    EQUAL(cgview_mbuf_ring_grow(ring, 2), -EOPNOTSUPP);
    EQUAL(cgview_mbuf_ring_refresh(ring), 0);
    cgview_mbuf_ring_close(ring);
}

static void nulls(void) {
    cgview_mbuf_slot slot = {0, 0};
    cgview_mbuf_options options = options_of(1);
    cgview_mbuf_ring *ring = NULL;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_cursor *cursor = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    const cgview_mbuf_cursor *cursors[1] = {NULL};
    cgview_mbuf_record record;
    cgview_mbuf_slot_info slot_info;
    cgview_mbuf_lane_info lane_info;
    char text[64];
    uint64_t number;
    int64_t unix_ns;

    EQUAL(cgview_last_error(NULL, text, sizeof text), -EINVAL);
    EQUAL(cgview_mbuf_ring_create(NULL, NULL, &ring, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_ring_create(in("none"), NULL, NULL, NULL, 0), -EINVAL);
    EQUAL(access(in("none"), F_OK), -1);
    EQUAL(cgview_mbuf_ring_create_memfd(NULL, NULL, text, sizeof text), -EINVAL);
    CHECK(strstr(text, "handle") != NULL);
    EQUAL(cgview_mbuf_ring_create_private(NULL, NULL, NULL, 7), -EINVAL);
    EQUAL(cgview_mbuf_ring_create_in(NULL, 4096, NULL, &options, &ring, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_ring_open_in(NULL, 4096, NULL, &ring, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_ring_open(NULL, &ring, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_ring_open_fd(-1, &ring, NULL, 0), -EBADF);
    EQUAL(cgview_mbuf_ring_open_fd(1000000, &ring, NULL, 0), -EBADF);
    EQUAL(cgview_mbuf_ring_open_fd(0, NULL, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_ring_fd(NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_slots(NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_max_record(NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_grow(NULL, 2), -EINVAL);
    EQUAL(cgview_mbuf_ring_refresh(NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_take_slot(NULL, "a", &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_take_slot_at(NULL, 0, "a", &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_find_slot(NULL, "a", &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_give_up_slot(NULL, slot), -EINVAL);
    EQUAL(cgview_mbuf_writer_open(NULL, slot, &writer), -EINVAL);
    EQUAL(cgview_mbuf_write(NULL, 0, "a", 1), -EINVAL);
    EQUAL(cgview_mbuf_write_at(NULL, 0, 0, "a", 1), -EINVAL);
    EQUAL(cgview_mbuf_write_fields(NULL, 0, "a", 1, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_writer_max_record(NULL), -EINVAL);
    EQUAL(cgview_mbuf_writer_has_own_lane(NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_open(NULL, &reader, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_reader_open_unmapped(NULL, &reader, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_reader_of_bytes(NULL, 8, &reader, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_reader_of_ring(NULL, &reader), -EINVAL);
    EQUAL(cgview_mbuf_reader_slots(NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_slot(NULL, 0, &slot), -EINVAL);
    EQUAL(cgview_mbuf_reader_find_slot(NULL, "a", &slot), -EINVAL);
    EQUAL(cgview_mbuf_reader_slot_info(NULL, 0, &slot_info), -EINVAL);
    EQUAL(cgview_mbuf_reader_lane_info(NULL, 0, 0, &lane_info), -EINVAL);
    EQUAL(cgview_mbuf_reader_now(NULL, &number), -EINVAL);
    EQUAL(cgview_mbuf_reader_time_of_day(NULL, 0, &unix_ns), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_open(NULL), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_take(NULL, NULL, slot), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_count(NULL), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_record(NULL, 0, &record), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_records(NULL, 0, &record, 1), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_text(NULL, NULL, text, sizeof text), -EINVAL);
    EQUAL(cgview_mbuf_cursor_open(NULL, slot, &cursor), -EINVAL);
    EQUAL(cgview_mbuf_cursor_read(NULL, NULL, &number), -EINVAL);
    EQUAL(cgview_mbuf_cursor_is_ready(NULL), -EINVAL);
    EQUAL(cgview_mbuf_cursor_wait(NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_cursor_wait_any(NULL, 1, 0), -EINVAL);
    EQUAL(cgview_mbuf_cursor_wait_any(cursors, 0, 0), -EINVAL);
    EQUAL(cgview_mbuf_cursor_wait_any(cursors, 1, 0), -EINVAL);
    cgview_mbuf_ring_close(NULL);
    cgview_mbuf_writer_close(NULL);
    cgview_mbuf_reader_close(NULL);
    cgview_mbuf_snapshot_close(NULL);
    cgview_mbuf_cursor_close(NULL);

    /* Handles are there, what they need is not. */
    ring = private_ring(NULL, &slot);
    EQUAL(cgview_mbuf_ring_take_slot(ring, NULL, &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "a", NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_take_slot_at(ring, 0, NULL, &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_take_slot_at(ring, 0, "a", NULL), -EINVAL);
    EQUAL(cgview_mbuf_ring_find_slot(ring, NULL, &slot), -EINVAL);
    EQUAL(cgview_mbuf_ring_find_slot(ring, "a", NULL), -EINVAL);
    EQUAL(cgview_mbuf_writer_open(ring, slot, NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_of_ring(ring, NULL), -EINVAL);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_write(writer, 0, NULL, 1), -EINVAL);
    EQUAL(cgview_mbuf_write(writer, 0, NULL, 0), 0);
    EQUAL(cgview_mbuf_write(writer, 0, "a", (size_t)-1), -EINVAL);
    EQUAL(cgview_mbuf_write_at(writer, 0, 0, NULL, 1), -EINVAL);
    EQUAL(cgview_mbuf_write_fields(writer, 0, NULL, 1, NULL, 0), -EINVAL);
    EQUAL(cgview_mbuf_write_fields(writer, 0, "a", 1, NULL, 1), -EINVAL);
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_reader_slot(reader, 0, NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_find_slot(reader, NULL, &slot), -EINVAL);
    EQUAL(cgview_mbuf_reader_find_slot(reader, "a", NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_slot_info(reader, 0, NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_lane_info(reader, 0, 0, NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_now(reader, NULL), -EINVAL);
    EQUAL(cgview_mbuf_reader_time_of_day(reader, 0, NULL), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, NULL, slot), -EINVAL);
    EQUAL(cgview_mbuf_cursor_open(reader, slot, NULL), -EINVAL);
    EQUAL(cgview_mbuf_cursor_open(reader, slot, &cursor), 0);
    EQUAL(cgview_mbuf_cursor_read(cursor, NULL, NULL), -EINVAL);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, NULL), 1);
    EQUAL(cgview_mbuf_snapshot_record(snapshot, 0, NULL), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 0, NULL, 1), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 0, NULL, 0), 0);

    /* A handle of another kind. */
    EQUAL(cgview_mbuf_ring_slots((cgview_mbuf_ring *)(void *)writer), -EINVAL);
    EQUAL(cgview_mbuf_write((cgview_mbuf_writer *)(void *)ring, 0, "a", 1), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_count((cgview_mbuf_snapshot *)(void *)cursor), -EINVAL);
    cgview_mbuf_ring_close((cgview_mbuf_ring *)(void *)writer);
    EQUAL(cgview_mbuf_write(writer, 0, "a", 1), 0);

    cgview_mbuf_cursor_close(cursor);
    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
}

/* snprintf(): what fits, always a NUL, and the length of all of it. */
static void last_errors(void) {
    cgview_mbuf_slot slot;
    cgview_mbuf_ring *ring = private_ring(NULL, &slot), *none = NULL;
    char text[64], small[8];
    ssize_t length;

    EQUAL(cgview_last_error(ring, text, sizeof text), 0);
    EQUAL(text[0], 0);
    EQUAL(cgview_mbuf_ring_find_slot(ring, "not there", &slot), -ENOENT);
    length = cgview_last_error(ring, text, sizeof text);
    EQUAL(length, strlen(text));
    CHECK(strstr(text, "no slot of this name") != NULL);
    EQUAL(cgview_last_error(ring, NULL, 0), length);
    EQUAL(cgview_last_error(ring, NULL, 1), -EINVAL);
    memset(small, 'x', sizeof small);
    EQUAL(cgview_last_error(ring, small, 5), length);
    CHECK(memcmp(small, text, 4) == 0 && small[4] == 0 && small[5] == 'x');
    EQUAL(cgview_last_error(ring, small, 1), length);
    EQUAL(small[0], 0);
    /* A success leaves it as it is. */
    EQUAL(cgview_mbuf_ring_slots(ring), 1);
    EQUAL(cgview_last_error(ring, NULL, 0), length);
    cgview_mbuf_ring_close(ring);

    EQUAL(cgview_mbuf_ring_open("/no/such/ring", &none, small, sizeof small), -ENOENT);
    CHECK(memcmp(small, "/no/suc", 8) == 0);
}

/* The descriptors that are open; each has to be close-on-exec, but those that the program began with. */
static void all_are_close_on_exec(void) {
    int fd;
    for (fd = 3; fd < 1000; fd++) {
        char target[256] = "", link[64];
        int flags = fcntl(fd, F_GETFD);
        if (flags < 0)
            continue;
        sprintf(link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) > 0 &&
            (strstr(target, directory) != NULL || strstr(target, "memfd:") != NULL))
            CHECK(flags & FD_CLOEXEC);
    }
}

static void files(void) {
    char path[512], other[512], error[256];
    cgview_mbuf_options options = options_of(2);
    cgview_mbuf_ring *ring = NULL, *again = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_slot one, two, found;
    struct stat stat_of;
    int fd;

    strcpy(path, in("ring"));
    options.mode = 0640;
    EQUAL(cgview_mbuf_ring_create(path, &options, &ring, error, sizeof error), 0);
    EQUAL(stat(path, &stat_of), 0);
    EQUAL(stat_of.st_mode & 0777, 0640);
    EQUAL(cgview_mbuf_ring_create(path, &options, &again, error, sizeof error), -EEXIST);
    CHECK(strstr(error, path) != NULL && again == NULL);
    EQUAL(cgview_mbuf_ring_create("/no/such/directory/ring", NULL, &again, NULL, 0), -ENOENT);
    CHECK(cgview_mbuf_ring_fd(ring) > 2);

    EQUAL(cgview_mbuf_ring_take_slot(ring, "one", &one), 0);
    EQUAL(cgview_mbuf_ring_take_slot_at(ring, 0, "taken", &two), -ENOSPC);
    EQUAL(cgview_mbuf_ring_take_slot_at(ring, 9, "beyond", &two), -ENXIO);
    EQUAL(cgview_mbuf_ring_take_slot_at(ring, 1, "two", &two), 0);
    EQUAL(two.number, 1);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "full", &found), -ENOSPC);
    memset(other, 'n', 185);
    other[185] = 0;
    EQUAL(cgview_mbuf_ring_grow(ring, 4), 0);
    EQUAL(cgview_mbuf_ring_grow(ring, UINT64_MAX), -EINVAL);
    EQUAL(cgview_mbuf_ring_slots(ring), 4);
    EQUAL(cgview_mbuf_ring_take_slot(ring, other, &found), -ENAMETOOLONG);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "\xff", &found), -EINVAL);

    /* Through another handle, as another process would. */
    EQUAL(cgview_mbuf_ring_open(path, &again, error, sizeof error), 0);
    EQUAL(cgview_mbuf_ring_slots(again), 4);
    EQUAL(cgview_mbuf_ring_find_slot(again, "two", &found), 0);
    CHECK(found.number == two.number && found.generation == two.generation);
    EQUAL(cgview_mbuf_ring_grow(ring, 5), 0);
    EQUAL(cgview_mbuf_ring_slots(again), 4);
    EQUAL(cgview_mbuf_ring_refresh(again), 0);
    EQUAL(cgview_mbuf_ring_slots(again), 5);
    EQUAL(cgview_mbuf_ring_give_up_slot(again, two), 0);
    EQUAL(cgview_mbuf_ring_give_up_slot(again, two), -ESTALE);
    two.number = 9;
    EQUAL(cgview_mbuf_ring_give_up_slot(again, two), -ENXIO);
    cgview_mbuf_ring_close(again);

    fd = open(path, O_RDWR | O_CLOEXEC);
    CHECK(fd >= 0);
    EQUAL(cgview_mbuf_ring_open_fd(fd, &again, error, sizeof error), 0);
    close(fd);
    EQUAL(cgview_mbuf_ring_find_slot(again, "one", &found), 0);
    all_are_close_on_exec();
    cgview_mbuf_ring_close(again);
    cgview_mbuf_ring_close(ring);

    /* What is not a ring, or not to be trusted. */
    strcpy(other, in("text"));
    fd = open(other, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && write(fd, "hello", 5) == 5 && ftruncate(fd, 8192) == 0);
    close(fd);
    EQUAL(cgview_mbuf_ring_open(other, &again, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_reader_open(other, &reader, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_reader_open_unmapped(other, &reader, error, sizeof error), -EBADMSG);
    EQUAL(truncate(other, 5), 0);
    EQUAL(cgview_mbuf_reader_open_unmapped(other, &reader, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_ring_open(directory, &again, error, sizeof error), -EISDIR);
    EQUAL(cgview_mbuf_reader_open(directory, &reader, error, sizeof error), -EPERM);
    EQUAL(chmod(path, 0602), 0);
    EQUAL(cgview_mbuf_ring_open(path, &again, error, sizeof error), -EPERM);
    CHECK(strstr(error, "trusted") != NULL);
    EQUAL(chmod(path, 0600), 0);
    EQUAL(cgview_mbuf_ring_open(in("absent"), &again, error, sizeof error), -ENOENT);
    EQUAL(cgview_mbuf_reader_open(in("absent"), &reader, error, sizeof error), -ENOENT);
    EQUAL(cgview_mbuf_reader_open_unmapped(in("absent"), &reader, error, sizeof error), -ENOENT);
    CHECK(reader == NULL && again == NULL);
}

static void memfds(void) {
    cgview_mbuf_ring *ring = NULL, *again = NULL;
    cgview_mbuf_slot slot;
    int fd;

    EQUAL(cgview_mbuf_ring_create_memfd(NULL, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "memfd", &slot), 0);
    EQUAL(ftruncate(cgview_mbuf_ring_fd(ring), 0), -1); /* sealed */
    EQUAL(cgview_mbuf_ring_open_fd(cgview_mbuf_ring_fd(ring), &again, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_find_slot(again, "memfd", &slot), 0);
    all_are_close_on_exec();
    cgview_mbuf_ring_close(again);
    cgview_mbuf_ring_close(ring);

    fd = memfd_create("not sealed", MFD_CLOEXEC);
    CHECK(fd >= 0 && ftruncate(fd, 1 << 20) == 0);
    EQUAL(cgview_mbuf_ring_open_fd(fd, &again, NULL, 0), -EPERM);
    close(fd);
}

static void memory_of_the_caller(void) {
    enum { LENGTH = 1 << 20 };
    char *memory = (char *)mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cgview_mbuf_options options = options_of(2);
    cgview_mbuf_ring *ring = NULL, *again = NULL;
    cgview_mbuf_slot slot;
    char error[128], locks[512];
    int fd;

    CHECK(memory != (char *)MAP_FAILED);
    EQUAL(cgview_mbuf_ring_open_in(memory, LENGTH, NULL, &ring, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_ring_create_in(memory, 4096, NULL, &options, &ring, error, sizeof error), -EINVAL);
    CHECK(strstr(error, "4096") != NULL);
    EQUAL(cgview_mbuf_ring_create_in(memory + 1, LENGTH - 1, NULL, &options, &ring, error, sizeof error), -EINVAL);
    EQUAL(cgview_mbuf_ring_create_in(memory, (size_t)-1, NULL, &options, &ring, error, sizeof error), -EINVAL);
    strcpy(locks, in("locks"));
    EQUAL(cgview_mbuf_ring_create_in(memory, LENGTH, locks, &options, &ring, error, sizeof error), -ENOENT);
    fd = open(locks, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    close(fd);
    EQUAL(cgview_mbuf_ring_create_in(memory, LENGTH, locks, &options, &ring, error, sizeof error), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "given", &slot), 0);
    EQUAL(cgview_mbuf_ring_open_in(memory, LENGTH, locks, &again, error, sizeof error), 0);
    EQUAL(cgview_mbuf_ring_find_slot(again, "given", &slot), 0);
    all_are_close_on_exec();
    cgview_mbuf_ring_close(again);
    cgview_mbuf_ring_close(ring);
    munmap(memory, LENGTH);
}

static void a_field(cgview_mbuf_field *field, const char *key, uint32_t type) {
    memset(field, 0, sizeof *field);
    field->key = key;
    field->key_len = strlen(key);
    field->type = type;
}

static void writing_and_reading(void) {
    cgview_mbuf_options options = options_of(2);
    cgview_mbuf_slot slot, none;
    cgview_mbuf_ring *ring = private_ring(&options, &slot);
    cgview_mbuf_writer *writer = NULL, *late = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_record record;
    cgview_mbuf_field fields[6];
    cgview_mbuf_slot_info info;
    cgview_mbuf_lane_info lane;
    uint64_t now = 0;
    int64_t unix_ns = 0;
    char key[256], error[128];
    char *longest;
    ssize_t most;

    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_writer_has_own_lane(writer), 1);
    most = cgview_mbuf_writer_max_record(writer);
    EQUAL(most, cgview_mbuf_ring_max_record(ring));
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_snapshot_count(snapshot), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 0);

    EQUAL(cgview_mbuf_write(writer, CGVIEW_MBUF_INFO, "one", 3), 0);
    EQUAL(cgview_mbuf_write_at(writer, 1, CGVIEW_MBUF_ERROR, "two\0", 4), 0);
    a_field(&fields[0], "u64", CGVIEW_MBUF_U64);
    fields[0].u64 = UINT64_MAX;
    a_field(&fields[1], "i64", CGVIEW_MBUF_I64);
    fields[1].i64 = INT64_MIN;
    a_field(&fields[2], "f64", CGVIEW_MBUF_F64);
    fields[2].f64 = 0.25;
    a_field(&fields[3], "yes", CGVIEW_MBUF_BOOL);
    fields[3].u64 = 7;
    a_field(&fields[4], "", CGVIEW_MBUF_BYTES);
    fields[4].bytes = "a\0b";
    fields[4].bytes_len = 3;
    a_field(&fields[5], "none", CGVIEW_MBUF_BYTES);
    EQUAL(cgview_mbuf_write_fields(writer, CGVIEW_MBUF_DEBUG, "three", 5, fields, 6), 0);

    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 3);
    EQUAL(cgview_mbuf_snapshot_count(snapshot), 3);
    record = record_at(snapshot, 0);
    CHECK(record.text_len == 3 && memcmp(record.text, "one", 3) == 0 && record.level == CGVIEW_MBUF_INFO);
    EQUAL(record.fields_len, 0);
    EQUAL(cgview_mbuf_reader_now(reader, &now), 0);
    CHECK(record.time_ns <= now && now - record.time_ns < 60000000000ull);
    EQUAL(cgview_mbuf_reader_time_of_day(reader, now, &unix_ns), 0);
    CHECK(unix_ns > 1600000000000000000ll);
    EQUAL(cgview_mbuf_reader_time_of_day(reader, UINT64_MAX, &unix_ns), -EOPNOTSUPP);
    record = record_at(snapshot, 1);
    CHECK(record.text_len == 4 && memcmp(record.text, "two\0", 4) == 0 && record.level == CGVIEW_MBUF_ERROR);
    EQUAL(record.time_ns, 1);
    EQUAL(record.sequence, 1);
    record = record_at(snapshot, 2);
    EQUAL(record.fields_len, 6);
    CHECK(record.fields[0].type == CGVIEW_MBUF_U64 && record.fields[0].u64 == UINT64_MAX);
    CHECK(record.fields[1].type == CGVIEW_MBUF_I64 && record.fields[1].i64 == INT64_MIN);
    CHECK(record.fields[2].type == CGVIEW_MBUF_F64 && record.fields[2].f64 == 0.25);
    CHECK(record.fields[3].type == CGVIEW_MBUF_BOOL && record.fields[3].u64 == 1);
    CHECK(record.fields[3].key_len == 3 && memcmp(record.fields[3].key, "yes", 3) == 0);
    CHECK(record.fields[4].key_len == 0 && record.fields[4].bytes_len == 3);
    CHECK(memcmp(record.fields[4].bytes, "a\0b", 3) == 0);
    CHECK(record.fields[5].type == CGVIEW_MBUF_BYTES && record.fields[5].bytes_len == 0);
    EQUAL(cgview_mbuf_snapshot_record(snapshot, 3, &record), -ENOENT);
    record.size = sizeof record - 1;
    EQUAL(cgview_mbuf_snapshot_record(snapshot, 0, &record), -EINVAL);
    record.size = (size_t)1 << 40;
    EQUAL(cgview_mbuf_snapshot_record(snapshot, 0, &record), -E2BIG);

    /* What is refused, and counted. */
    EQUAL(cgview_mbuf_write(writer, 8, "a", 1), -EINVAL);
    EQUAL(cgview_mbuf_write_at(writer, 0, 8, "a", 1), -EINVAL);
    EQUAL(cgview_mbuf_write_fields(writer, 8, "a", 1, NULL, 0), -EINVAL);
    longest = (char *)calloc(1, (size_t)most + 1);
    CHECK(longest != NULL);
    EQUAL(cgview_mbuf_write(writer, 0, longest, (size_t)most), 0);
    EQUAL(cgview_mbuf_write(writer, 0, longest, (size_t)most + 1), -EMSGSIZE);
    CHECK(cgview_last_error(writer, error, sizeof error) > 0 && strstr(error, "at most") != NULL);
    EQUAL(cgview_mbuf_write_fields(writer, 0, longest, (size_t)most, fields, 1), -EMSGSIZE);
    free(longest);
    fields[0].type = 0;
    EQUAL(cgview_mbuf_write_fields(writer, 0, "a", 1, fields, 1), -EINVAL);
    a_field(&fields[0], "\xff", CGVIEW_MBUF_U64);
    EQUAL(cgview_mbuf_write_fields(writer, 0, "a", 1, fields, 1), -EINVAL);
    memset(key, 'k', sizeof key);
    fields[0].key = key;
    fields[0].key_len = 256;
    EQUAL(cgview_mbuf_write_fields(writer, 0, "a", 1, fields, 1), -EINVAL);
    fields[0].key_len = 255;
    EQUAL(cgview_mbuf_write_fields(writer, 0, "a", 1, fields, 1), 0);

    memset(&info, 0xff, sizeof info);
    info.size = sizeof info;
    EQUAL(cgview_mbuf_reader_slot_info(reader, 0, &info), 0);
    EQUAL(info.valid, CGVIEW_MBUF_SLOT_INFO_BASE);
    CHECK(info.slot.number == 0 && info.slot.generation == slot.generation);
    CHECK(info.name_len == 7 && strcmp(info.name, "private") == 0);
    EQUAL(info.records, 5);
    EQUAL(info.refused, 2);
    EQUAL(info.lost + info.limited + info.unfinished + info.taken_over, 0);
    EQUAL(info.lanes, 4);
    EQUAL(cgview_mbuf_reader_slot_info(reader, 1, &info), -ENOENT);
    EQUAL(cgview_mbuf_reader_slot_info(reader, 2, &info), -ENXIO);
    info.size = 1;
    EQUAL(cgview_mbuf_reader_slot_info(reader, 0, &info), -EINVAL);
    memset(&lane, 0xff, sizeof lane);
    lane.size = sizeof lane;
    EQUAL(cgview_mbuf_reader_lane_info(reader, 0, 0, &lane), 0);
    EQUAL(lane.valid, CGVIEW_MBUF_LANE_INFO_BASE | CGVIEW_MBUF_LANE_INFO_OWNER | CGVIEW_MBUF_LANE_INFO_ALIVE);
    CHECK(lane.is_own == 1 && lane.is_current == 1 && lane.is_alive == 1 && lane.owner > 0);
    CHECK(lane.records == 5 && lane.used > 0);
    EQUAL(cgview_mbuf_reader_lane_info(reader, 0, 3, &lane), 0);
    CHECK(lane.valid == CGVIEW_MBUF_LANE_INFO_BASE && lane.is_own == 0);
    EQUAL(cgview_mbuf_reader_lane_info(reader, 0, 4, &lane), -ENXIO);
    EQUAL(cgview_mbuf_reader_lane_info(reader, 1, 0, &lane), -ENOENT);

    EQUAL(cgview_mbuf_reader_slots(reader), 2);
    EQUAL(cgview_mbuf_reader_slot(reader, 0, &none), 0);
    EQUAL(cgview_mbuf_reader_slot(reader, 1, &none), -ENOENT);
    EQUAL(cgview_mbuf_reader_slot(reader, 2, &none), -ENXIO);
    EQUAL(cgview_mbuf_reader_find_slot(reader, "private", &none), 0);
    EQUAL(cgview_mbuf_reader_find_slot(reader, "privat", &none), -ENOENT);

    /* Given up, everything that still has it is told so. */
    EQUAL(cgview_mbuf_ring_give_up_slot(ring, slot), 0);
    EQUAL(cgview_mbuf_write(writer, 0, "a", 1), -ESTALE);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &late), -ESTALE);
    CHECK(late == NULL);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), -ESTALE);
    EQUAL(cgview_mbuf_snapshot_count(snapshot), 0);
    CHECK(cgview_last_error(snapshot, error, sizeof error) > 0);
    none = slot;
    none.number = 77;
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, none), -ENXIO);
    EQUAL(cgview_mbuf_writer_open(ring, none, &late), -ENXIO);

    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_ring_close(ring);
    cgview_mbuf_writer_close(writer); /* outlives its ring */
}

/* Several at once, for a program whose structure is longer than the library's. */
static void arrays_of_records(void) {
    struct newer {
        cgview_mbuf_record record;
        uint64_t later;
    } records[4];
    cgview_mbuf_slot slot;
    cgview_mbuf_ring *ring = private_ring(NULL, &slot);
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    int i;

    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    for (i = 0; i < 6; i++) {
        char digit = (char)('0' + i);
        EQUAL(cgview_mbuf_write(writer, 0, &digit, 1), 0);
    }
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 6);
    memset(records, 0xff, sizeof records);
    records[0].record.size = sizeof records[0];
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 0, &records[0].record, 4), 4);
    for (i = 0; i < 4; i++) {
        EQUAL(records[i].record.size, sizeof records[0]);
        EQUAL(((const char *)records[i].record.text)[0], '0' + i);
        EQUAL(records[i].later, 0);
    }
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 4, &records[0].record, 4), 2);
    EQUAL(((const char *)records[1].record.text)[0], '5');
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 6, &records[0].record, 4), 0);
    EQUAL(cgview_mbuf_snapshot_records(snapshot, (size_t)-1, &records[0].record, 4), 0);
    records[0].record.size = sizeof records[0] + 1;
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 0, &records[0].record, 2), -EINVAL);
    records[0].record.size = 3;
    EQUAL(cgview_mbuf_snapshot_records(snapshot, 0, &records[0].record, 4), -EINVAL);

    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
}

/* Lines of text, as snprintf() has them. */
static void texts(void) {
    cgview_mbuf_options options = options_of(1);
    cgview_mbuf_slot slot;
    cgview_mbuf_ring *ring = private_ring(&options, &slot);
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_field field;
    cgview_mbuf_text how;
    char text[512], small[8];
    ssize_t length;

    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_write_at(writer, 1000000002, CGVIEW_MBUF_WARNING, "one\ntwo", 7), 0);
    a_field(&field, "ms", CGVIEW_MBUF_U64);
    field.u64 = 7;
    EQUAL(cgview_mbuf_write_fields(writer, CGVIEW_MBUF_INFO, "three", 5, &field, 1), 0);
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    memset(&how, 0, sizeof how);
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), -EINVAL);
    how.size = sizeof how;
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 2);

    how.count = 1;
    length = cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text);
    EQUAL(length, strlen(text));
    CHECK(strcmp(text, "[    1.000000002] warn   one\\ntwo\n") == 0);
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, NULL, 0), length);
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, NULL, 1), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, small, sizeof small), length);
    CHECK(strlen(small) == sizeof small - 1 && memcmp(small, text, sizeof small - 1) == 0);
    how.form = CGVIEW_MBUF_TEXT_KERNEL;
    CHECK(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text) > 0);
    CHECK(strcmp(text, "1000000002:onetwo\n") == 0);
    how.form = CGVIEW_MBUF_TEXT_KERNEL_LINES;
    CHECK(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text) > 0);
    CHECK(strcmp(text, "1000000002:one\n1000000002:two\n") == 0);
    how.form = CGVIEW_MBUF_TEXT_JSON;
    how.first = 1;
    how.count = 0;
    how.name = "web";
    how.reader = reader;
    CHECK(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text) > 0);
    CHECK(strstr(text, "\"name\":\"web\"") != NULL && strstr(text, "\"ms\":7") != NULL);
    CHECK(strstr(text, "\"time\":\"20") != NULL && strchr(text, '\n') == text + strlen(text) - 1);
    how.first = 2;
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), 0);
    how.first = 0;
    how.form = 5;
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), -EINVAL);
    how.form = 0;
    how.reserved = 1;
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), -E2BIG);
    how.reserved = 0;
    how.name = "\xff";
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), -EINVAL);
    how.name = NULL;
    how.reader = (const cgview_mbuf_reader *)(const void *)ring;
    EQUAL(cgview_mbuf_snapshot_text(snapshot, &how, text, sizeof text), -EINVAL);
    EQUAL(cgview_mbuf_snapshot_text(snapshot, NULL, text, sizeof text), -EINVAL);

    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
}

static void limits_and_owners(void) {
    cgview_mbuf_options options = options_of(1);
    cgview_mbuf_slot slot;
    cgview_mbuf_ring *ring, *other = NULL;
    cgview_mbuf_writer *writer = NULL, *others = NULL;
    cgview_mbuf_reader *reader = NULL;
    uint64_t now;
    int64_t unix_ns;

    options.clock = CGVIEW_MBUF_CLOCK_CALLER;
    options.limit_burst = 2;
    options.limit_interval_ns = 1000;
    options.own_lanes = CGVIEW_MBUF_NO_OWN_LANES;
    options.common_lanes = 1;
    options.owners = 1;
    EQUAL(cgview_mbuf_ring_create(in("limits"), &options, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "limits", &slot), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_writer_has_own_lane(writer), 0);
    EQUAL(cgview_mbuf_write_at(writer, 5000, 0, "1", 1), 0);
    EQUAL(cgview_mbuf_write_fields(writer, 0, "2", 1, NULL, 0), 0); /* at the last time given */
    EQUAL(cgview_mbuf_write_at(writer, 5001, 0, "3", 1), -EDQUOT);
    EQUAL(cgview_mbuf_write(writer, 0, "4", 1), -EDQUOT);
    EQUAL(cgview_mbuf_write_fields(writer, 0, "5", 1, NULL, 0), -EDQUOT);
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_reader_now(reader, &now), -EOPNOTSUPP);
    EQUAL(cgview_mbuf_reader_time_of_day(reader, 5000, &unix_ns), -EOPNOTSUPP);

    /* The only number for a process that writes is this handle's. */
    EQUAL(cgview_mbuf_ring_open(in("limits"), &other, NULL, 0), 0);
    EQUAL(cgview_mbuf_writer_open(other, slot, &others), -EUSERS);
    EQUAL(cgview_mbuf_ring_give_up_slot(other, slot), -EUSERS);
    cgview_mbuf_ring_close(other);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
}

/* A copy of a file, and files that are cut, read the same or say so. */
static void dumps(void) {
    char path[512], error[128];
    cgview_mbuf_ring *ring = NULL;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_reader *reader = NULL, *unmapped = NULL, *mapped = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_cursor *cursor = NULL;
    cgview_mbuf_lane_info lane;
    cgview_mbuf_slot slot, same;
    cgview_mbuf_record record;
    struct stat stat_of;
    size_t length;
    char *copy;
    int fd;

    strcpy(path, in("dump"));
    EQUAL(cgview_mbuf_ring_create(path, NULL, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "dump", &slot), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_write(writer, CGVIEW_MBUF_CRITICAL, "last words", 10), 0);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && fstat(fd, &stat_of) == 0);
    length = (size_t)stat_of.st_size;
    copy = (char *)malloc(length);
    CHECK(copy != NULL && read(fd, copy, length) == (ssize_t)length);
    close(fd);

    EQUAL(cgview_mbuf_reader_of_bytes(copy, length - 8, &reader, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_reader_of_bytes(copy, 0, &reader, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_reader_of_bytes(NULL, 0, &reader, error, sizeof error), -EBADMSG);
    EQUAL(cgview_mbuf_reader_of_bytes(copy, length, &reader, error, sizeof error), 0);
    free(copy);
    EQUAL(cgview_mbuf_reader_find_slot(reader, "dump", &same), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, same), 1);
    record = record_at(snapshot, 0);
    CHECK(record.text_len == 10 && memcmp(record.text, "last words", 10) == 0);
    lane.size = sizeof lane;
    EQUAL(cgview_mbuf_reader_lane_info(reader, 0, 0, &lane), 0);
    EQUAL(lane.valid, CGVIEW_MBUF_LANE_INFO_BASE | CGVIEW_MBUF_LANE_INFO_OWNER);

    EQUAL(cgview_mbuf_reader_open(path, &mapped, error, sizeof error), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, mapped, slot), 1);
    EQUAL(cgview_mbuf_reader_open_unmapped(path, &unmapped, error, sizeof error), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, unmapped, slot), 1);
    all_are_close_on_exec();
    EQUAL(cgview_mbuf_cursor_open(unmapped, slot, &cursor), 0);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
    cgview_mbuf_reader_close(mapped);
    EQUAL(truncate(path, 4096), 0);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, NULL), -ENODATA);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, unmapped, slot), -ENODATA);
    CHECK(cgview_last_error(snapshot, error, sizeof error) > 0 && strstr(error, path) != NULL);
    /* The record is a copy no more, either: the snapshot was used. */
    EQUAL(cgview_mbuf_snapshot_count(snapshot), 0);

    cgview_mbuf_cursor_close(cursor);
    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_reader_close(unmapped);
}

static void *write_soon(void *writer) {
    usleep(20000);
    EQUAL(cgview_mbuf_write((cgview_mbuf_writer *)writer, 0, "soon", 4), 0);
    return NULL;
}

static void cursors(void) {
    cgview_mbuf_options options = options_of(2);
    cgview_mbuf_slot slot, other;
    cgview_mbuf_ring *ring;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_cursor *cursor = NULL, *second = NULL;
    const cgview_mbuf_cursor *both[2];
    pthread_t thread;
    uint64_t lost = 77;
    int i;

    options.bytes = 4096;
    ring = private_ring(&options, &slot);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "other", &other), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_cursor_open(reader, slot, &cursor), 0);
    EQUAL(cgview_mbuf_cursor_open(reader, other, &second), 0);

    EQUAL(cgview_mbuf_cursor_is_ready(cursor), 0);
    EQUAL(cgview_mbuf_cursor_wait(cursor, 0), 0);
    EQUAL(cgview_mbuf_cursor_wait(cursor, 1), 0);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), 0);
    EQUAL(lost, 0);
    EQUAL(pthread_create(&thread, NULL, write_soon, writer), 0);
    EQUAL(cgview_mbuf_cursor_wait(cursor, -1), 1);
    EQUAL(cgview_mbuf_cursor_is_ready(cursor), 1);
    EQUAL(pthread_join(thread, NULL), 0);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), 1);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), 0);

    EQUAL(pthread_create(&thread, NULL, write_soon, writer), 0);
    both[0] = second;
    both[1] = cursor;
    EQUAL(cgview_mbuf_cursor_wait_any(both, 2, 10000), 1);
    EQUAL(pthread_join(thread, NULL), 0);
    EQUAL(cgview_mbuf_cursor_wait(second, 0), 0);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, NULL), 1);

    /* More than fit: what is read and what is lost add up. */
    for (i = 0; i < 1000; i++)
        EQUAL(cgview_mbuf_write(writer, 0, "again", 5), 0);
    {
        ssize_t count = cgview_mbuf_cursor_read(cursor, snapshot, &lost);
        CHECK(count > 0 && lost > 0);
        EQUAL(count + (ssize_t)lost, 1000);
    }
    EQUAL(cgview_mbuf_ring_give_up_slot(ring, slot), 0);
    EQUAL(cgview_mbuf_cursor_wait(cursor, 0), 1);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), -ESTALE);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), -ESTALE);

    cgview_mbuf_cursor_close(second);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_ring_close(ring);
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, &lost), -ESTALE); /* outlives both */
    cgview_mbuf_cursor_close(cursor);
    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_writer_close(writer);
}

/* Threads that share one ring and one reader, each with its own writer and snapshot. */
struct shared {
    cgview_mbuf_ring *ring;
    cgview_mbuf_reader *reader;
    cgview_mbuf_slot slot;
};

static void *share(void *argument) {
    const struct shared *shared = (const struct shared *)argument;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_slot slot;
    char error[64];
    int i;

    EQUAL(cgview_mbuf_writer_open(shared->ring, shared->slot, &writer), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    for (i = 0; i < 100; i++) {
        int written = cgview_mbuf_write(writer, CGVIEW_MBUF_INFO, "shared", 6);
        CHECK(written == 0 || written == -EAGAIN);
        CHECK(cgview_mbuf_snapshot_take(snapshot, shared->reader, shared->slot) > 0);
        CHECK(cgview_mbuf_ring_find_slot(shared->ring, "none", &slot) == -ENOENT);
        CHECK(cgview_last_error(shared->ring, error, sizeof error) != -EINVAL);
        if (i % 25 == 0) {
            int grown = cgview_mbuf_ring_grow(shared->ring, (uint64_t)(2 + i / 25));
            CHECK(grown == 0 || grown == -EBUSY);
        }
    }
    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_writer_close(writer);
    return NULL;
}

static void threads(void) {
    enum { THREADS = 8 };
    struct shared shared;
    pthread_t threads[THREADS];
    int i;

    EQUAL(cgview_mbuf_ring_create_memfd(NULL, &shared.ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(shared.ring, "shared", &shared.slot), 0);
    EQUAL(cgview_mbuf_reader_of_ring(shared.ring, &shared.reader), 0);
    for (i = 0; i < THREADS; i++)
        EQUAL(pthread_create(&threads[i], NULL, share, &shared), 0);
    for (i = 0; i < THREADS; i++)
        EQUAL(pthread_join(threads[i], NULL), 0);
    EQUAL(cgview_mbuf_ring_slots(shared.ring), 5);
    cgview_mbuf_reader_close(shared.reader);
    cgview_mbuf_ring_close(shared.ring);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    directory = argv[1];
    layout_is_fixed();
    versions();
    options_and_their_sizes();
    nulls();
    last_errors();
    files();
    memfds();
    memory_of_the_caller();
    writing_and_reading();
    arrays_of_records();
    texts();
    limits_and_owners();
    dumps();
    cursors();
    threads();
    return 0;
}
