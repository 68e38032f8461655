/* Records whose content follows from their number, so that whoever reads one knows whether it is whole. */
#ifndef NUMBERED_H
#define NUMBERED_H

#include "cgview.h"
#include "check.h"
#include <stddef.h>
#include <stdint.h>

enum { NUMBERED_LONGEST = 400 };

/* Fills the text of a record: its number, then as many letters as the number says. Says how long it is. */
static size_t numbered_text(uint64_t number, char *text) {
    size_t length = (size_t)sprintf(text, "%llu ", (unsigned long long)number);
    size_t letters = (size_t)(number * 7 % 300), i;
    for (i = 0; i < letters; i++)
        text[length + i] = (char)('a' + (number + i) % 26);
    return length + letters;
}

#define numbered_level(number) ((uint32_t)((number) % 8))

/* Every fifth has fields. */
#define numbered_has_fields(number) ((number) % 5 == 0)

#endif
