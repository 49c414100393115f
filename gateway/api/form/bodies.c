#include "gateway/api/form/body.h"

#include "gateway/notify/schedule/policy.h"
#include "gateway/people/mail.h"
#include "gateway/people/zone.h"

#define TEXT(min, max)     ((struct body_text_rule){min, max, false, false})
#define REQUIRED(min, max) ((struct body_text_rule){min, max, true, false})
static const struct body_text_rule note_rule = {0, NOTE_MAX, false, true};

void body_login(const json_t *body, struct body_login *ret, struct problem *p)
{
    static const char *const known[] = {"user", "password", NULL};
    body_only(body, known, p);
    body_text(body, "user", REQUIRED(1, 64), &ret->user, p);
    body_text(body, "password", REQUIRED(1, 256), &ret->password, p);
}

void body_acknowledge(const json_t *body, struct body_move *ret, struct problem *p)
{
    static const char *const known[] = {"note", NULL};
    *ret = (struct body_move){"", "", 0};
    body_only(body, known, p);
    body_text(body, "note", note_rule, &ret->note, p);
}

void body_snooze(const json_t *body, int64_t now_ms, struct body_move *ret, struct problem *p)
{
    static const char *const known[] = {"until_ms", "reason", NULL};
    *ret = (struct body_move){"", "", 0};
    body_only(body, known, p);
    body_text(body, "reason", note_rule, &ret->note, p);
    body_int(body, "until_ms", true, 0, WALL_MS_MAX, &ret->until_ms, p);
    if (ret->until_ms && ret->until_ms <= now_ms)
        problem_field(p, 422, "until_ms", "must be in the future (or 0 to end the snooze)");
    else if (ret->until_ms > now_ms + SNOOZE_MAX_MS)
        problem_field(p, 422, "until_ms", "must be at most 90 days away");
}

void body_resolve(const json_t *body, struct body_move *ret, struct problem *p)
{
    static const char *const known[] = {"reason", "note", NULL};
    static const char *const reasons[] = {"fixed",     "customer_fixed", "false_alarm",
                                          "duplicate", "other",          NULL};
    *ret = (struct body_move){"", "", 0};
    body_only(body, known, p);
    body_word(body, "reason", true, reasons, &ret->reason, p);
    body_text(body, "note", note_rule, &ret->note, p);
}

void body_note(const json_t *body, struct body_move *ret, struct problem *p)
{
    static const char *const known[] = {"text", NULL};
    *ret = (struct body_move){"", "", 0};
    body_only(body, known, p);
    body_text(body, "text", (struct body_text_rule){1, NOTE_MAX, true, true}, &ret->note, p);
}

/* "en", "de-CH", "es-419": what a message catalog can be asked for. */
static bool language_is_valid(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
    if (n < 2 || n > 3)
        return false;
    if (!s[n])
        return true;
    size_t m = strspn(s + n + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return s[n] == '-' && m >= 2 && m <= 8 && !s[n + 1 + m];
}

void body_customer(const json_t *body, struct body_customer *ret, struct problem *p)
{
    static const char *const known[] = {"name",  "language", "timezone", "email",
                                        "phone", "channel",  NULL};
    static const char *const channels[] = {"email", "none", NULL};
    *ret = (struct body_customer){"", "en", "UTC", "", "", "email"};
    body_only(body, known, p);
    body_text(body, "name", REQUIRED(1, 128), &ret->name, p);
    body_text(body, "language", TEXT(2, 12), &ret->language, p);
    body_text(body, "timezone", TEXT(1, 64), &ret->timezone, p);
    body_text(body, "email", TEXT(0, 254), &ret->email, p);
    body_text(body, "phone", TEXT(0, 32), &ret->phone, p);
    body_word(body, "channel", false, channels, &ret->channel, p);
    if (!language_is_valid(ret->language))
        problem_field(p, 422, "language", "must be a language tag like en, de or de-CH");
    if (!zone_name_ok(ret->timezone))
        problem_field(p, 422, "timezone", "must be a time zone's name like Europe/Berlin or UTC");
    if (ret->email[0] && !mail_address_ok(ret->email))
        problem_field(p, 422, "email", "must be one address like name@example.org");
}

void body_owner(const json_t *body, int64_t now_ms, struct body_owner *ret, struct problem *p)
{
    static const char *const known[] = {"customer", "from_ms", "name", NULL};
    *ret = (struct body_owner){NULL, NULL, now_ms};
    body_only(body, known, p);
    if (!json_is_null(json_object_get(body, "customer"))) { /* absent is a mistake, null is not */
        body_text(body, "customer", REQUIRED(1, 64), &ret->customer, p);
        if (ret->customer && !key_is_valid(ret->customer))
            problem_field(p, 422, "customer", "must be an id: letters, digits, '.', '_', '@', '-'");
    }
    body_int(body, "from_ms", false, 0, now_ms, &ret->from_ms, p);
    body_text(body, "name", TEXT(0, 128), &ret->name, p);
}

/* "whsec_" and base64 of 24 to 64 bytes: what Standard Webhooks asks of a secret. */
static bool secret_is_valid(const char *s)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strncmp(s, "whsec_", 6) != 0)
        return false;
    size_t n = strspn(s + 6, alphabet);
    size_t pad = strspn(s + 6 + n, "=");
    return !s[6 + n + pad] && pad <= 2 && n >= 32 && n <= 86;
}

static uint32_t webhook_audience(const json_t *body, struct problem *p)
{
    const json_t *list = json_object_get(body, "audience");
    uint32_t bits = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        uint32_t bit = 0;
        if (word && strcmp(word, "support") == 0)
            bit = 2;
        else if (word && strcmp(word, "manufacturer") == 0)
            bit = 4;
        if (!bit || bits & bit) {
            problem_field(p, 422, "audience", "must list support, manufacturer or both, once");
            return 0;
        }
        bits |= bit;
    }
    if (!bits)
        problem_field(p, 422, "audience", "must list support, manufacturer or both");
    return bits;
}

void body_webhook(const json_t *body, struct body_webhook *ret, struct problem *p)
{
    static const char *const known[] = {"url", "secret", "audience", "enabled", NULL};
    *ret = (struct body_webhook){"", NULL, 0, true};
    body_only(body, known, p);
    body_text(body, "url", REQUIRED(8, 2048), &ret->url, p);
    body_text(body, "secret", TEXT(1, 128), &ret->secret, p);
    body_bool(body, "enabled", &ret->enabled, p);
    ret->audience = webhook_audience(body, p);
    const char *fault = ret->url[0] ? policy_url_fault(ret->url) : NULL;
    if (fault)
        problem_field(p, 422, "url", "%s", fault);
    if (ret->secret && !secret_is_valid(ret->secret))
        problem_field(p, 422, "secret", "must be whsec_ and the base64 of 24 to 64 bytes");
}

void body_empty(const json_t *body, struct problem *p)
{
    static const char *const known[] = {NULL};
    body_only(body, known, p);
}

bool key_is_valid(const char *key)
{
    size_t n = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-");
    return n >= 1 && n <= 64 && !key[n];
}
