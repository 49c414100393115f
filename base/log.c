/* Log lines to standard error, where a supervisor keeps them. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static _Atomic int threshold = LOG_INFO_;
static const char *const names[] = {"debug", "info", "warn", "error"};

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

int log_level_of(const char *name)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* What came from outside must not forge a line or move a terminal's cursor. */
static void escape(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
}

static size_t stamp(char *to, size_t size)
{
    struct timespec ts;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    size_t n = strftime(to, size, "%Y-%m-%dT%H:%M:%S", &tm);
    return n + (size_t)snprintf(to + n, size - n, ".%03ldZ", ts.tv_nsec / 1000000);
}

void log_line(enum log_level level, const char *id, const char *fmt, ...)
{
    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    char line[1024];
    size_t n = stamp(line, sizeof line);
    n += (size_t)snprintf(line + n, sizeof line - n, " %-5s %s ", names[level], id);
    va_list ap;
    va_start(ap, fmt);
    int more = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
    va_end(ap);
    size_t len = strlen(line + n);
    (void)more;
    escape(line + n, len);
    line[n + len] = '\n';
    if (write(STDERR_FILENO, line, n + len + 1) < 0)
        return; /* nowhere left to say it */
}
