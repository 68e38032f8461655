/* What a child of fork() may do: read on; open the ring again; nothing else, and it hurts its parent with nothing. */
#include "cgview.h"
#include "check.h"
#include <sys/wait.h>
#include <unistd.h>

static cgview_mbuf_ring *ring;
static cgview_mbuf_writer *writer;
static cgview_mbuf_reader *reader;
static cgview_mbuf_snapshot *snapshot;

static void in_the_child(const char *path, cgview_mbuf_slot slot) {
    cgview_mbuf_ring *again = NULL;
    cgview_mbuf_writer *mine = NULL;
    cgview_mbuf_slot other;
    char text[128];

    EQUAL(cgview_mbuf_write(writer, CGVIEW_MBUF_INFO, "child", 5), -ECHILD);
    EQUAL(cgview_mbuf_write_fields(writer, CGVIEW_MBUF_INFO, "child", 5, NULL, 0), -ECHILD);
    CHECK(cgview_last_error(writer, text, sizeof text) > 0 && strstr(text, "parent") != NULL);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &mine), -ECHILD);
    CHECK(mine == NULL);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "child", &other), -ECHILD);
    EQUAL(cgview_mbuf_ring_give_up_slot(ring, slot), -ECHILD);
    EQUAL(cgview_mbuf_ring_grow(ring, 8), -ECHILD);

    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 1);
    EQUAL(cgview_mbuf_ring_open(path, &again, NULL, 0), 0);
    EQUAL(cgview_mbuf_writer_open(again, slot, &mine), 0);
    EQUAL(cgview_mbuf_write(mine, CGVIEW_MBUF_INFO, "child", 5), 0);
    cgview_mbuf_writer_close(mine);
    cgview_mbuf_ring_close(again);

    /* Its copies of the parent's handles. */
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_snapshot_close(snapshot);
}

int main(int argc, char **argv) {
    char path[512];
    cgview_mbuf_slot slot;
    int status = -1;
    pid_t child;

    CHECK(argc == 2);
    snprintf(path, sizeof path, "%s/fork", argv[1]);
    EQUAL(cgview_mbuf_ring_create(path, NULL, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "fork", &slot), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    EQUAL(cgview_mbuf_write(writer, CGVIEW_MBUF_INFO, "parent", 6), 0);

    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        in_the_child(path, slot);
        exit(0);
    }
    EQUAL(waitpid(child, &status, 0), child);
    EQUAL(status, 0);

    /* The child has closed what it had, and the parent still has its lane. */
    EQUAL(cgview_mbuf_writer_has_own_lane(writer), 1);
    EQUAL(cgview_mbuf_write(writer, CGVIEW_MBUF_INFO, "parent", 6), 0);
    EQUAL(cgview_mbuf_snapshot_take(snapshot, reader, slot), 3);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_snapshot_close(snapshot);
    return 0;
}
