/* One line a fact, with a stable id that a test and a runbook can name.
 *
 * Ids are a prefix and a number: AG agent, LK link and TLS, PT port, SP spool,
 * GW gateway main and intake, LN line, ST store, PE people, NT notify, HT http
 * and api, PK packs, CT ctl. Only programs log; libraries return errors. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_DEBUG_, LOG_INFO_, LOG_WARN_, LOG_ERROR_ };

/* Lines below this level are dropped (LOG_INFO_ at start). */
void log_set_level(enum log_level level);
/* "debug", "info", "warn" or "error" to a level; -1 when it is none of them. */
int log_level_of(const char *name);

/* Writes "<time> <level> <id> <text>\n" to standard error in one write: lines of
 * several threads do not mix. Control bytes in the text are escaped. */
void log_line(enum log_level level, const char *id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_DEBUG(id, ...) log_line(LOG_DEBUG_, id, __VA_ARGS__)
#define LOG_INFO(id, ...)  log_line(LOG_INFO_, id, __VA_ARGS__)
#define LOG_WARN(id, ...)  log_line(LOG_WARN_, id, __VA_ARGS__)
#define LOG_ERROR(id, ...) log_line(LOG_ERROR_, id, __VA_ARGS__)

#endif
