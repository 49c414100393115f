/* What can go wrong, by name, and the sentence a person reads about it.
 *
 * A function returns 0 or one of these (negative). Where a person will read
 * the cause, it also fills the caller's `struct err` with a sentence that names
 * the thing, the place and the remedy. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
    ERR_OK = 0,
    ERR_NOMEM = -1, /* an allocation failed */
    ERR_IO = -2,    /* the system refused a read, write, sync or rename */
    ERR_FULL = -3,  /* a disk, queue, window or budget has no room: try later */
    ERR_NOT_FOUND = -4,
    ERR_EXISTS = -5,   /* a unique key is taken */
    ERR_INVALID = -6,  /* the input breaks a rule: it will never be accepted */
    ERR_LIMIT = -7,    /* the input is larger than a stated limit */
    ERR_CORRUPT = -8,  /* a checksum or invariant of stored data does not hold */
    ERR_VERSION = -9,  /* made by a version that this one does not know */
    ERR_BUSY = -10,    /* another holder: try later */
    ERR_DENIED = -11,  /* not allowed for this identity */
    ERR_CLOSED = -12,  /* the other end is gone, or never was there */
    ERR_UNKNOWN = -13, /* the result of an action is not known (a lost commit) */
    ERR_END = -14,     /* no more data */
};

struct err {
    int code;       /* enum err_code */
    char text[320]; /* one sentence, NUL-terminated, no newline */
};

/* Fills `e` (may be NULL) and returns `code`, so that a failing function can
 * `return err_set(e, ERR_INVALID, "...", ...)`. Cuts what does not fit. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<prefix>: " before the text that is there. Returns e->code. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A short English name of a code: "no room", "not found". Static. */
const char *err_name(int code);

#endif
