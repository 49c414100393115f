/* The console's files, read once at start: a path is looked up in a table, so no
 * request can reach any other file, and none waits for the disk. */
#ifndef GATEWAY_API_HTTP_ASSETS_H
#define GATEWAY_API_HTTP_ASSETS_H

#include "gateway/api/http/http.h"

struct assets;

/* Reads all files under `root`: at most 512 files and 16 MiB, names that begin
 * with '.', symbolic links, node_modules and package*.json left out. What
 * root/node_modules/uplot/dist has is served as /vendor/uplot/. ERR_NOT_FOUND,
 * ERR_LIMIT, ERR_IO, ERR_NOMEM. */
int assets_load(const char *root, struct assets **ret_assets, struct err *e);
void assets_free(struct assets *a);
/* Answers GET or HEAD: the file, or the folder's index.html, or a 404. */
void assets_serve(const struct assets *a, struct http_req *req);

#endif
