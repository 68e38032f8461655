/*
 * Reads numbered records of a slot with a cursor, and checks each, until one of the text "end" comes.
 *
 *   reader PATH SLOT mapped|unmapped|woken
 *
 * Prints how many it read and how many were lost.
 */
#include "numbered.h"

static void check_fields(const cgview_mbuf_record *record, uint64_t number) {
    const cgview_mbuf_field *fields = record->fields;
    if (!numbered_has_fields(number)) {
        EQUAL(record->fields_len, 0);
        return;
    }
    EQUAL(record->fields_len, 2);
    CHECK(fields[0].key_len == 6 && memcmp(fields[0].key, "number", 6) == 0);
    EQUAL(fields[0].type, CGVIEW_MBUF_U64);
    EQUAL(fields[0].u64, number);
    CHECK(fields[1].key_len == 4 && memcmp(fields[1].key, "text", 4) == 0);
    EQUAL(fields[1].type, CGVIEW_MBUF_BYTES);
    CHECK(fields[1].bytes_len == record->text_len && memcmp(fields[1].bytes, record->text, record->text_len) == 0);
}

/* Checks a record against its number, which is returned. */
static uint64_t check_record(const cgview_mbuf_record *record) {
    char text[NUMBERED_LONGEST];
    uint64_t number = strtoull((const char *)record->text, NULL, 10);
    EQUAL(record->valid, CGVIEW_MBUF_RECORD_BASE);
    EQUAL(record->text_len, numbered_text(number, text));
    CHECK(memcmp(record->text, text, record->text_len) == 0);
    EQUAL(record->level, numbered_level(number));
    check_fields(record, number);
    return number;
}

int main(int argc, char **argv) {
    char error[256] = "";
    cgview_mbuf_ring *ring = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_cursor *cursor = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_slot slot;
    uint64_t read = 0, all_lost = 0, next = 0;
    int result, ended = 0;

    CHECK(argc == 4);
    if (strcmp(argv[3], "unmapped") == 0) {
        result = cgview_mbuf_reader_open_unmapped(argv[1], &reader, error, sizeof error);
    } else if (strcmp(argv[3], "woken") == 0) {
        result = cgview_mbuf_ring_open(argv[1], &ring, error, sizeof error);
        CHECK(result == 0 && cgview_mbuf_reader_of_ring(ring, &reader) == 0);
    } else {
        result = cgview_mbuf_reader_open(argv[1], &reader, error, sizeof error);
    }
    if (result < 0) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    EQUAL(cgview_mbuf_reader_find_slot(reader, argv[2], &slot), 0);
    EQUAL(cgview_mbuf_cursor_open(reader, slot, &cursor), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    /* The cursor goes on without them. */
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_ring_close(ring);
    /* What is overwritten before it begins is not lost to it. */
    EQUAL(cgview_mbuf_cursor_read(cursor, snapshot, NULL), 0);
    printf("ready\n");
    fflush(stdout);

    while (!ended) {
        uint64_t lost = 0, this_read = 0;
        ssize_t count, at;
        CHECK(cgview_mbuf_cursor_wait(cursor, 10000) == 1);
        count = cgview_mbuf_cursor_read(cursor, snapshot, &lost);
        CHECK(count >= 0);
        for (at = 0; at < count; at++) {
            cgview_mbuf_record record;
            uint64_t number;
            record.size = sizeof record;
            EQUAL(cgview_mbuf_snapshot_record(snapshot, (size_t)at, &record), 0);
            if (record.text_len == 3 && memcmp(record.text, "end", 3) == 0) {
                ended = 1;
                continue;
            }
            number = check_record(&record);
            CHECK(number >= next);
            /* What is missing was said to be lost, and nothing else was. */
            if (this_read++ == 0)
                EQUAL(number, next + lost);
            else
                EQUAL(number, next);
            next = number + 1;
            read++;
        }
        all_lost += lost;
    }
    printf("%llu %llu\n", (unsigned long long)read, (unsigned long long)all_lost);
    cgview_mbuf_cursor_close(cursor);
    cgview_mbuf_snapshot_close(snapshot);
    return 0;
}
