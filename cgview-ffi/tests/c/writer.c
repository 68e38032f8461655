/*
 * Writes numbered records into a slot of a ring file, until it is killed or has written so many.
 *
 *   writer PATH SLOT FIRST COUNT       COUNT 0: without end
 *
 * Prints the number of each thousandth, so that its parent knows that it writes.
 */
#include "numbered.h"

int main(int argc, char **argv) {
    char error[256] = "", text[NUMBERED_LONGEST];
    cgview_mbuf_ring *ring = NULL;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_slot slot;
    uint64_t first, count, number;

    CHECK(argc == 5);
    first = strtoull(argv[3], NULL, 10);
    count = strtoull(argv[4], NULL, 10);
    if (cgview_mbuf_ring_open(argv[1], &ring, error, sizeof error) < 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    EQUAL(cgview_mbuf_ring_find_slot(ring, argv[2], &slot), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    for (number = first; count == 0 || number < first + count; number++) {
        size_t length = numbered_text(number, text);
        int written;
        if (numbered_has_fields(number)) {
            cgview_mbuf_field fields[2];
            memset(fields, 0, sizeof fields);
            fields[0].key = "number";
            fields[0].key_len = 6;
            fields[0].type = CGVIEW_MBUF_U64;
            fields[0].u64 = number;
            fields[1].key = "text";
            fields[1].key_len = 4;
            fields[1].type = CGVIEW_MBUF_BYTES;
            fields[1].bytes = text;
            fields[1].bytes_len = length;
            written = cgview_mbuf_write_fields(writer, numbered_level(number), text, length, fields, 2);
        } else {
            written = cgview_mbuf_write(writer, numbered_level(number), text, length);
        }
        EQUAL(written, 0);
        if (number % 1000 == 0) {
            printf("%llu\n", (unsigned long long)number);
            fflush(stdout);
        }
    }
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_ring_close(ring);
    return 0;
}
