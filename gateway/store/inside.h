/* Shared by the files of this folder. */
#ifndef GATEWAY_STORE_INSIDE_H
#define GATEWAY_STORE_INSIDE_H

#include "gateway/store/store.h"

#define STORE_SCHEMA 2
#define STORE_ID     0x746f6373 /* "tocs": this file is a store of ours */

extern const char store_schema_sql[];

/* What SQLite says, as one of our errors with its words. */
int store_fault(sqlite3 *db, int sqlite_rc, struct err *e, const char *what);

/* Makes a new store or brings an old one to STORE_SCHEMA, in one transaction. */
int store_upgrade(sqlite3 *db, const char *path, struct err *e);

/* A connection's prepared statements. */
int stmt_cache_open(sqlite3 *db);
void stmt_cache_close(sqlite3 *db);
/* `lend`: it is nobody else's until stmt_give_back. */
sqlite3_stmt *stmt_get(sqlite3 *db, const char *sql, bool lend, struct err *e);
void stmt_give_back(sqlite3_stmt *stmt);

#endif
