/* Numbers with units, and the word a person probably meant. */
#include "base/table.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct unit {
    const char *name;
    int64_t factor;
};

static int parse_with_unit(const char *text, const struct unit *units, int64_t *ret)
{
    if (!isdigit((unsigned char)text[0]))
        return ERR_INVALID;
    errno = 0;
    char *end;
    long long n = strtoll(text, &end, 10);
    if (errno)
        return ERR_INVALID;
    if (n == 0 && *end == '\0') { /* nothing needs no unit */
        *ret = 0;
        return 0;
    }
    for (const struct unit *u = units; u->name; u++) {
        if (strcmp(end, u->name) != 0)
            continue;
        if (n > INT64_MAX / u->factor)
            return ERR_INVALID;
        *ret = n * u->factor;
        return 0;
    }
    return ERR_INVALID;
}

int parse_duration_ms(const char *text, int64_t *ret_ms)
{
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    return parse_with_unit(text, units, ret_ms);
}

int parse_size_bytes(const char *text, int64_t *ret_bytes)
{
    static const struct unit units[] = {{"B", 1},           {"KiB", 1 << 10}, {"MiB", 1 << 20},
                                        {"GiB", 1 << 30},   {"kB", 1000},     {"MB", 1000000},
                                        {"GB", 1000000000}, {NULL, 0}};
    return parse_with_unit(text, units, ret_bytes);
}

int parse_int(const char *text, int64_t *ret)
{
    const char *digits = text + (text[0] == '-');
    if (!isdigit((unsigned char)digits[0]))
        return ERR_INVALID;
    errno = 0;
    char *end;
    long long n = strtoll(text, &end, 10);
    if (errno || *end)
        return ERR_INVALID;
    *ret = n;
    return 0;
}

int parse_real(const char *text, double *ret)
{
    const char *digits = text + (text[0] == '-');
    if (!isdigit((unsigned char)digits[0]) || strpbrk(text, "xX"))
        return ERR_INVALID;
    char *end;
    double n = strtod(text, &end);
    if (*end || !isfinite(n))
        return ERR_INVALID;
    *ret = n;
    return 0;
}

#define WORD 64 /* longer words are never slips of one another */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits that turn a into b: insert, delete, replace, swap two neighbours
 * (optimal string alignment, after Damerau 1964). */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
    size_t row[3][WORD + 1];
    for (size_t j = 0; j <= lb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(least(up[j] + 1, now[j - 1] + 1), up[j - 1] + same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], up2[j - 2] + 1);
        }
    }
    return row[la % 3][lb];
}

const char *likely_word(const char *word, const char *const *words)
{
    size_t len = strlen(word), best = 3;
    const char *likely = NULL;
    if (len > WORD)
        return NULL;
    for (; *words; words++) {
        size_t other = strlen(*words);
        if (other > WORD)
            continue;
        size_t d = distance(word, len, *words, other);
        if (d < best && d * 3 <= len) {
            best = d;
            likely = *words;
        }
    }
    return likely;
}
