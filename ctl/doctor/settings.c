#include "ctl/doctor/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX 262144

static const char *const tls_words[] = {"none", "starttls", "smtps", NULL};
static const char *const delivery_words[] = {"captive", "live", NULL};

#define AT(member) offsetof(struct settings, member)
#define TEXT(name_, member_, initial_, required_)                                                  \
    {                                                                                              \
        .name = name_, .type = TABLE_STRING, .offset = AT(member_), .initial = initial_,           \
        .required = required_                                                                      \
    }

static const struct table_row agent_rows[] = {
    TEXT("brokers", brokers, NULL, true),
    TEXT("ca", roots, NULL, true),
    TEXT("ca2", roots2, NULL, false),
    TEXT("cert", cert, NULL, true),
    TEXT("key", key, NULL, true),
    TEXT("folder", place, "/var/lib/tocsin-agent", true),
    TEXT("pack", packs, NULL, false),
    TEXT("status_socket", status_socket, "/run/tocsin/agent-status.sock", false),
    {.name = "head_room_bytes",
     .type = TABLE_SIZE,
     .offset = AT(head_room_bytes),
     .initial = "10MiB"},
};
static const struct table_row gateway_rows[] = {
    TEXT("id", id, "gateway", true),
    TEXT("store", place, "/var/lib/tocsin/store.db", true),
    TEXT("packs", packs, "/usr/share/tocsin/packs", false),
    TEXT("brokers", brokers, "localhost:8883", true),
    TEXT("ca_file", roots, NULL, true),
    TEXT("cert_file", cert, NULL, true),
    TEXT("key_file", key, NULL, true),
    TEXT("canary_cert_file", canary_cert, NULL, false),
    TEXT("canary_key_file", canary_key, NULL, false),
    TEXT("ops_listen", ops_listen, "127.0.0.1:9080", false),
    TEXT("smtp_host", smtp_host, NULL, false),
    {.name = "smtp_port", .type = TABLE_INT, .offset = AT(smtp_port), .initial = "0", .max = 65535},
    {.name = "smtp_tls",
     .type = TABLE_CHOICE,
     .offset = AT(smtp_tls),
     .initial = "starttls",
     .choices = tls_words},
    TEXT("smtp_ca", smtp_ca, NULL, false),
    TEXT("smtp_user", smtp_user, NULL, false),
    {.name = "smtp_password", .type = TABLE_STRING, .offset = AT(smtp_password), .secret = true},
    TEXT("mail_from", mail_from, NULL, false),
    TEXT("captive_to", captive_to, NULL, false),
    {.name = "delivery",
     .type = TABLE_CHOICE,
     .offset = AT(live),
     .initial = "captive",
     .choices = delivery_words},
};
const struct table agent_settings = {agent_rows, sizeof agent_rows / sizeof agent_rows[0]};
const struct table gateway_settings = {gateway_rows, sizeof gateway_rows / sizeof gateway_rows[0]};

static bool wanted(const struct table *t, const char *line, size_t n)
{
    while (n && isspace((unsigned char)*line))
        line++, n--;
    for (size_t i = 0; i < t->count; i++) {
        size_t len = strlen(t->rows[i].name);
        if (n > len && strncmp(line, t->rows[i].name, len) == 0 &&
            (line[len] == '=' || isspace((unsigned char)line[len])))
            return true;
    }
    return false;
}

/* Lines of other settings become comments, so that places stay right. */
static void pass_over(const struct table *t, char *text, size_t n)
{
    for (char *line = text; line < text + n;) {
        char *end = memchr(line, '\n', (size_t)(text + n - line));
        size_t len = end ? (size_t)(end - line) : (size_t)(text + n - line);
        if (len && !wanted(t, line, len))
            line[0] = '#';
        line += len + 1;
    }
}

static int read_file(const char *file, char *text, size_t cap, size_t *ret_n, struct err *e)
{
    FILE *f = fopen(file, "re");
    if (!f)
        return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: cannot be read: %s", file,
                       strerror(errno));
    size_t n = fread(text, 1, cap, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed || n == cap)
        return err_set(e, ERR_LIMIT, "%s: is no settings file, or over %zu bytes", file, cap);
    *ret_n = n;
    return 0;
}

int settings_load(const struct table *table, const char *file, struct settings *s, struct err *e)
{
    static char text[FILE_MAX];
    size_t n = 0;
    int rc = table_defaults(table, s, e);
    if (rc == 0)
        rc = read_file(file, text, sizeof text, &n, e);
    if (rc)
        return rc;
    pass_over(table, text, n);
    rc = table_parse(table, s, file, slice_of((const uint8_t *)text, n), e);
    return rc ? rc : table_check(table, s, e);
}

void settings_free(const struct table *table, struct settings *s)
{
    table_free(table, s);
}
