/*
 * The main program writes, and a signal handler writes into the same slot, each with its own writer: nothing is lost,
 * torn or out of order, and nothing hangs. Both ways of sharing: lanes of their own, and one common lane.
 *
 *   signals MICROSECONDS       between signals, in addition to those that the program sends itself
 */
#include "numbered.h"
#include <signal.h>
#include <sys/time.h>

static cgview_mbuf_writer *handlers_writer;
static volatile sig_atomic_t handled, refused;

static void write_from_handler(int signal) {
    int saved = errno;
    char text[2] = {'h', (char)('0' + handled % 10)};
    int written = cgview_mbuf_write(handlers_writer, CGVIEW_MBUF_WARNING, text, sizeof text);
    (void)signal;
    if (written == 0)
        handled = handled + 1;
    else if (written == -EAGAIN)
        refused = refused + 1; /* the program was stopped in the middle of the only lane that is left */
    else
        abort();
    errno = saved;
}

static void run(uint32_t own_lanes, int microseconds) {
    enum { RECORDS = 20000 };
    cgview_mbuf_options options;
    cgview_mbuf_ring *ring = NULL;
    cgview_mbuf_reader *reader = NULL;
    cgview_mbuf_writer *writer = NULL;
    cgview_mbuf_snapshot *snapshot = NULL;
    cgview_mbuf_slot slot;
    struct sigaction action;
    struct itimerval timer;
    char text[NUMBERED_LONGEST];
    uint64_t number, next = 0;
    int from_handler = 0;
    ssize_t count, at;

    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.bytes = 64 << 20;
    options.own_lanes = own_lanes;
    options.common_lanes = 1;
    EQUAL(cgview_mbuf_ring_create_private(&options, &ring, NULL, 0), 0);
    EQUAL(cgview_mbuf_ring_take_slot(ring, "signals", &slot), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &writer), 0);
    EQUAL(cgview_mbuf_writer_open(ring, slot, &handlers_writer), 0);
    handled = refused = 0;

    memset(&action, 0, sizeof action);
    action.sa_handler = write_from_handler;
    sigaction(SIGALRM, &action, NULL);
    memset(&timer, 0, sizeof timer);
    timer.it_interval.tv_usec = timer.it_value.tv_usec = microseconds;
    setitimer(ITIMER_REAL, &timer, NULL);
    for (number = 0; number < RECORDS; number++) {
        size_t length = numbered_text(number, text);
        EQUAL(cgview_mbuf_write(writer, numbered_level(number), text, length), 0);
        if (number % 64 == 0)
            raise(SIGALRM);
    }
    memset(&timer, 0, sizeof timer);
    setitimer(ITIMER_REAL, &timer, NULL);
    signal(SIGALRM, SIG_IGN);
    CHECK(handled + refused >= RECORDS / 64);

    EQUAL(cgview_mbuf_reader_of_ring(ring, &reader), 0);
    EQUAL(cgview_mbuf_snapshot_open(&snapshot), 0);
    count = cgview_mbuf_snapshot_take(snapshot, reader, slot);
    EQUAL(count, RECORDS + handled);
    for (at = 0; at < count; at++) {
        cgview_mbuf_record record;
        record.size = sizeof record;
        EQUAL(cgview_mbuf_snapshot_record(snapshot, (size_t)at, &record), 0);
        if (((const char *)record.text)[0] == 'h') {
            EQUAL(record.text_len, 2);
            EQUAL(((const char *)record.text)[1], '0' + from_handler % 10);
            from_handler++;
        } else {
            EQUAL(record.text_len, numbered_text(next, text));
            CHECK(memcmp(record.text, text, record.text_len) == 0);
            next++;
        }
    }
    EQUAL(next, RECORDS);
    EQUAL(from_handler, handled);
    cgview_mbuf_snapshot_close(snapshot);
    cgview_mbuf_reader_close(reader);
    cgview_mbuf_writer_close(writer);
    cgview_mbuf_writer_close(handlers_writer);
    cgview_mbuf_ring_close(ring);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    run(2, atoi(argv[1]));
    run(CGVIEW_MBUF_NO_OWN_LANES, atoi(argv[1]));
    return 0;
}
