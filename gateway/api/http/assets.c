#include "gateway/api/http/assets.h"

#include "base/crc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILES 512
#define MAX_BYTES (16 * 1024 * 1024)
#define MAX_DEPTH 6

struct asset {
    char path[256]; /* of the address: "/app/main.js" */
    const char *type;
    char etag[40];
    uint8_t *bytes;
    size_t len;
};
struct assets {
    size_t n, bytes;
    struct asset files[MAX_FILES];
};

static const struct {
    const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
};

/* NULL: not a kind of file that is served. */
static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].suffix, dot) == 0)
            return types[i].type;
    return NULL;
}

static int read_all(int fd, uint8_t *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = read(fd, to + got, len - got);
        if (n <= 0)
            return -1;
        got += (size_t)n;
    }
    return 0;
}

static int add_file(struct assets *a, int dir, const char *name, const char *path, struct err *e)
{
    const char *type = type_of(name);
    struct stat st;
    if (!type)
        return 0;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st)) {
        if (fd >= 0)
            close(fd);
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    }
    size_t len = (size_t)st.st_size;
    int code = a->n == MAX_FILES || len > MAX_BYTES - a->bytes ? ERR_LIMIT : 0;
    uint8_t *bytes = code ? NULL : malloc(len ? len : 1);
    if (!code && !bytes)
        code = ERR_NOMEM;
    if (!code && read_all(fd, bytes, len))
        code = ERR_IO;
    close(fd);
    if (code) {
        free(bytes);
        return err_set(e, code, "%s: cannot serve this file: %s", path, err_name(code));
    }
    struct asset *f = &a->files[a->n++];
    snprintf(f->path, sizeof f->path, "%s", path);
    snprintf(f->etag, sizeof f->etag, "\"%08x-%zx\"", crc32c(0, bytes, len), len);
    f->type = type;
    f->bytes = bytes;
    f->len = len;
    a->bytes += len;
    return 0;
}

static bool is_left_out(const char *name)
{
    return name[0] == '.' || strcmp(name, "node_modules") == 0 || strncmp(name, "package", 7) == 0;
}

static int add_folder(struct assets *a, const char *folder, const char *prefix, int depth,
                      struct err *e)
{
    DIR *d = opendir(folder);
    int code = 0;
    if (!d)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", folder, strerror(errno));
    for (struct dirent *entry; !code && (entry = readdir(d));) {
        char path[256], sub[1024];
        struct stat st;
        if (is_left_out(entry->d_name) ||
            fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", prefix, entry->d_name) >= sizeof path ||
            (size_t)snprintf(sub, sizeof sub, "%s/%s", folder, entry->d_name) >= sizeof sub)
            code = err_set(e, ERR_LIMIT, "%s: the path is too long", entry->d_name);
        else if (S_ISDIR(st.st_mode) && depth < MAX_DEPTH)
            code = add_folder(a, sub, path, depth + 1, e);
        else if (S_ISREG(st.st_mode))
            code = add_file(a, dirfd(d), entry->d_name, path, e);
    }
    closedir(d);
    return code;
}

int assets_load(const char *root, struct assets **ret_assets, struct err *e)
{
    struct assets *a = calloc(1, sizeof *a);
    char vendor[1024];
    if (!a)
        return err_set(e, ERR_NOMEM, "%s: out of memory", root);
    int code = add_folder(a, root, "", 0, e);
    snprintf(vendor, sizeof vendor, "%s/node_modules/uplot/dist", root);
    if (!code && access(vendor, R_OK) == 0)
        code = add_folder(a, vendor, "/vendor/uplot", 0, e);
    if (code)
        assets_free(a);
    else
        *ret_assets = a;
    return code;
}

void assets_free(struct assets *a)
{
    for (size_t i = 0; a && i < a->n; i++)
        free(a->files[i].bytes);
    free(a);
}

static const struct asset *find(const struct assets *a, const char *path)
{
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->files[i].path, path) == 0)
            return &a->files[i];
    return NULL;
}

void assets_serve(const struct assets *a, struct http_req *req)
{
    static const char policy[] =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    const char *path = http_path(req), *seen = http_header(req, HTTP_IF_NONE_MATCH);
    char index[300], etag[64];
    if (http_method(req) != HTTP_GET && http_method(req) != HTTP_HEAD) {
        http_refuse(req, 405, "%s takes GET", path);
        return;
    }
    size_t len = strlen(path);
    snprintf(index, sizeof index, "%s%s", path, len && path[len - 1] == '/' ? "index.html" : "");
    const struct asset *f = find(a, index);
    if (!f) {
        http_refuse(req, 404, "there is no %s", path);
        return;
    }
    snprintf(etag, sizeof etag, "ETag: %s\r\n", f->etag);
    bool same = seen && strstr(seen, f->etag);
    struct http_reply reply = {.status = same ? 304 : 200,
                               .type = f->type,
                               .body = same ? slice_of(NULL, 0) : slice_of(f->bytes, f->len),
                               .cache = "no-cache", /* ask each time; 304 is cheap */
                               .policy = policy,
                               .extra = etag};
    http_reply(req, &reply);
}
