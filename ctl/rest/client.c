/* The API client over libcurl's easy interface. */
#include "ctl/rest/client.h"

#include "base/buf.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX (64 * 1024 * 1024)

struct rest {
    CURL *curl;
    struct curl_slist *headers;
    char url[512];
    char error[CURL_ERROR_SIZE];
};

static const char *or_env(const char *given, const char *name, const char *otherwise)
{
    const char *env = getenv(name);
    return given && given[0] ? given : env && env[0] ? env : otherwise;
}

struct rest *rest_open(struct rest_options *options)
{
    char bearer[512];
    struct rest *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    options->url = or_env(options->url, "TOCSIN_URL", "http://127.0.0.1:8080");
    options->token = or_env(options->token, "TOCSIN_TOKEN", "");
    snprintf(r->url, sizeof r->url, "%s", options->url);
    r->curl = curl_easy_init();
    r->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (options->token[0]) {
        snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", options->token);
        r->headers = curl_slist_append(r->headers, bearer);
    }
    if (r->curl)
        return r;
    rest_close(r);
    return NULL;
}

void rest_close(struct rest *r)
{
    if (!r)
        return;
    curl_slist_free_all(r->headers);
    curl_easy_cleanup(r->curl);
    free(r);
}

static size_t collect(char *bytes, size_t size, size_t n, void *arg)
{
    struct buf *b = arg;
    buf_put(b, bytes, size * n);
    return buf_ok(b) ? size * n : 0;
}

/* The problem's own words, with the field that is wrong. */
static int from_status(long status, const json_t *answer, struct err *e)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    const json_t *first = json_array_get(json_object_get(answer, "errors"), 0);
    const char *field = json_string_value(json_object_get(first, "field"));
    const char *why = json_string_value(json_object_get(first, "detail"));
    int code = status == 401 || status == 403 ? ERR_DENIED
               : status == 404                ? ERR_NOT_FOUND
               : status == 409                ? ERR_EXISTS
               : status >= 500                ? ERR_BUSY
                                              : ERR_INVALID;
    if (field && why && !(detail && strstr(detail, why)))
        return err_set(e, code, "%s (%s: %s)", detail ? detail : "refused", field, why);
    if (field && why)
        return err_set(e, code, "%s", detail);
    if (status == 401)
        return err_set(e, code,
                       "the gateway wants a token: give --token or set TOCSIN_TOKEN "
                       "(tocsin-gateway token add NAME makes one)");
    return err_set(e, code, "%s (HTTP %ld)", detail ? detail : "the gateway refused", status);
}

static void prepare(struct rest *r, const char *method, const char *path, struct buf *to)
{
    char url[4096];
    snprintf(url, sizeof url, "%s/api/v1%s", r->url, path);
    curl_easy_reset(r->curl);
    curl_easy_setopt(r->curl, CURLOPT_URL, url);
    curl_easy_setopt(r->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->error);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, to);
    curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT_MS, 5000L);
    curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, 60000L);
}

int rest_call(struct rest *r, const char *method, const char *path, const json_t *body,
              json_t **ret_answer, struct err *e)
{
    struct buf answer;
    long status = 0;
    json_t *json = NULL;
    json_error_t where;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    buf_init(&answer, ANSWER_MAX);
    prepare(r, method, path, &answer);
    if (text || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0)
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, text ? text : "{}");
    CURLcode rc = curl_easy_perform(r->curl);
    int code;
    if (rc != CURLE_OK) {
        code = err_set(e, ERR_CLOSED, "%s: %s; is the gateway running, and is --url right?", r->url,
                       r->error[0] ? r->error : curl_easy_strerror(rc));
        goto out;
    }
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    json = answer.len
               ? json_loadb((const char *)answer.ptr, answer.len, JSON_REJECT_DUPLICATES, &where)
               : NULL;
    if (status >= 400) {
        code = from_status(status, json, e);
    } else if (answer.len && !json) {
        code =
            err_set(e, ERR_CORRUPT, "%s%s: the answer is not JSON: %s", r->url, path, where.text);
    } else {
        code = 0;
        *ret_answer = json_incref(json);
    }
out:
    json_decref(json);
    free(text);
    buf_free(&answer);
    return code;
}

static void escape(char *to, size_t size, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = strlen(to);
    for (; *value && n + 4 < size; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     strchr("-._~", c);
        if (plain) {
            to[n++] = (char)c;
        } else {
            to[n++] = '%';
            to[n++] = hex[c >> 4];
            to[n++] = hex[c & 15];
        }
    }
    to[n] = 0;
}

void rest_query(char *path, size_t size, const char *name, const char *value)
{
    size_t n = strlen(path);
    if (!value || !value[0])
        return;
    snprintf(path + n, size - n, "%c%s=", strchr(path, '?') ? '&' : '?', name);
    escape(path, size, value);
}

void rest_segment(char *path, size_t size, const char *segment)
{
    size_t n = strlen(path);
    snprintf(path + n, size - n, "/");
    escape(path, size, segment);
}

/* --- the event stream (the Server-Sent Events format of the HTML standard) --- */

struct stream {
    rest_event_fn each;
    void *arg;
    struct buf line, data;
    char type[64];
    int64_t id;
    bool stopped;
};

static void end_event(struct stream *s)
{
    if (s->data.len &&
        !s->each(s->arg, s->type[0] ? s->type : "message", s->id, buf_cstr(&s->data)))
        s->stopped = true;
    buf_reset(&s->data);
    s->type[0] = 0;
}

static void take_line(struct stream *s)
{
    const char *line = buf_cstr(&s->line);
    if (line[0] == 0)
        end_event(s);
    else if (strncmp(line, "id:", 3) == 0)
        s->id = strtoll(line + 3, NULL, 10);
    else if (strncmp(line, "event:", 6) == 0)
        snprintf(s->type, sizeof s->type, "%s", line + 6 + strspn(line + 6, " "));
    else if (strncmp(line, "data:", 5) == 0)
        buf_str(&s->data, line + 5 + strspn(line + 5, " "));
    buf_reset(&s->line);
}

static size_t stream_bytes(char *bytes, size_t size, size_t n, void *arg)
{
    struct stream *s = arg;
    for (size_t i = 0; i < size * n && !s->stopped; i++) {
        if (bytes[i] == '\n')
            take_line(s);
        else if (bytes[i] != '\r')
            buf_put(&s->line, &bytes[i], 1);
    }
    return s->stopped ? 0 : size * n;
}

static CURLcode stream_once(struct rest *r, struct stream *s, long *ret_status)
{
    char last[64];
    struct curl_slist *headers = NULL;
    for (struct curl_slist *h = r->headers; h; h = h->next)
        headers = curl_slist_append(headers, h->data);
    snprintf(last, sizeof last, "Last-Event-ID: %lld", (long long)s->id);
    if (s->id > 0)
        headers = curl_slist_append(headers, last);
    prepare(r, "GET", "/feed", NULL);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, stream_bytes);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(r->curl, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_LIMIT, 1L); /* a heartbeat comes each 15 s */
    curl_easy_setopt(r->curl, CURLOPT_LOW_SPEED_TIME, 45L);
    curl_easy_setopt(r->curl, CURLOPT_FAILONERROR, 1L);
    CURLcode rc = curl_easy_perform(r->curl);
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    return rc;
}

int rest_follow(struct rest *r, int64_t last, rest_event_fn each, void *arg, struct err *e)
{
    struct stream s = {.each = each, .arg = arg, .id = last};
    int code = 0;
    buf_init(&s.line, 1024 * 1024);
    buf_init(&s.data, 1024 * 1024);
    while (!s.stopped) {
        long status = 0;
        CURLcode rc = stream_once(r, &s, &status);
        if (s.stopped)
            break;
        if (status >= 400) {
            code = from_status(status, NULL, e);
            break;
        }
        fprintf(stderr, "tocsin: the feed was cut (%s); trying again\n",
                rc == CURLE_OK ? "closed by the gateway" : curl_easy_strerror(rc));
        sleep(1);
    }
    buf_free(&s.line);
    buf_free(&s.data);
    return code;
}

int rest_fail(const char *command, const struct err *e)
{
    fprintf(stderr, "%s: %s\n", command, e->text);
    return e->code == ERR_INVALID     ? EXIT_USAGE
           : e->code == ERR_NOT_FOUND ? EXIT_FOUND
                                      : EXIT_REMOTE;
}

void rest_print_json(json_t *answer)
{
    char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    printf("%s\n", text ? text : "{}");
    free(text);
    json_decref(answer);
}
