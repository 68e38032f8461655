/* What a test in C needs: to say where it failed, and to end there. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

/* Both sides once, and both in the message. */
#define EQUAL(left, right) \
    do { \
        long long left_ = (long long)(left), right_ = (long long)(right); \
        if (left_ != right_) { \
            fprintf(stderr, "%s:%d: %s is %lld, not %s, %lld\n", __FILE__, __LINE__, #left, left_, #right, right_); \
            exit(1); \
        } \
    } while (0)

#endif
