/*
 * Loads the library, uses it and unloads it, again and again: nothing of it is left, no mapping, no descriptor, no memory.
 *
 *   reload DIRECTORY LIBRARY TIMES
 */
#include "cgview.h"
#include "check.h"
#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    CHECK(directory != NULL);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static int is_mapped(const char *name) {
    char line[1024];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL)
        found |= strstr(line, name) != NULL;
    fclose(maps);
    return found;
}

/* ISO C has no cast from an object's address to a function's. */
#define LOOK_UP(library, name) \
    do { \
        void *symbol_ = dlsym(library, #name); \
        CHECK(symbol_ != NULL); \
        memcpy(&name##_, &symbol_, sizeof symbol_); \
    } while (0)

static void use(void *library, const char *path) {
    int (*cgview_mbuf_ring_create_)(const char *, const cgview_mbuf_options *, cgview_mbuf_ring **, char *, size_t);
    int (*cgview_mbuf_ring_open_)(const char *, cgview_mbuf_ring **, char *, size_t);
    int (*cgview_mbuf_ring_take_slot_)(const cgview_mbuf_ring *, const char *, cgview_mbuf_slot *);
    int (*cgview_mbuf_writer_open_)(const cgview_mbuf_ring *, cgview_mbuf_slot, cgview_mbuf_writer **);
    int (*cgview_mbuf_write_)(cgview_mbuf_writer *, uint32_t, const void *, size_t);
    void (*cgview_mbuf_writer_close_)(cgview_mbuf_writer *);
    void (*cgview_mbuf_ring_close_)(cgview_mbuf_ring *);
    cgview_mbuf_ring *ring = NULL, *none = NULL;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_slot slot;
    char error[256];
    LOOK_UP(library, cgview_mbuf_ring_create);
    LOOK_UP(library, cgview_mbuf_ring_open);
    LOOK_UP(library, cgview_mbuf_ring_take_slot);
    LOOK_UP(library, cgview_mbuf_writer_open);
    LOOK_UP(library, cgview_mbuf_write);
    LOOK_UP(library, cgview_mbuf_writer_close);
    LOOK_UP(library, cgview_mbuf_ring_close);

    EQUAL(cgview_mbuf_ring_create_(path, NULL, &ring, error, sizeof error), 0);
    EQUAL(cgview_mbuf_ring_open_("/no/such/ring", &none, error, sizeof error), -ENOENT);
    EQUAL(cgview_mbuf_ring_take_slot_(ring, "reload", &slot), 0);
    EQUAL(cgview_mbuf_writer_open_(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_write_(writer, CGVIEW_MBUF_INFO, "x", 1), 0);
    EQUAL(cgview_mbuf_write_(writer, 8, "x", 1), -EINVAL);
    cgview_mbuf_writer_close_(writer);
    cgview_mbuf_ring_close_(ring);
    unlink(path);
}

int main(int argc, char **argv) {
    char path[512];
    int before, times, i;

    CHECK(argc == 4);
    snprintf(path, sizeof path, "%s/reload", argv[1]);
    times = atoi(argv[3]);
    before = descriptors();
    for (i = 0; i < times; i++) {
        void *library = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        use(library, path);
        CHECK(is_mapped("libcgview"));
        EQUAL(dlclose(library), 0);
        CHECK(!is_mapped("libcgview"));
        EQUAL(descriptors(), before);
    }
    return 0;
}
