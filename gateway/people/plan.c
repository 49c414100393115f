#include "gateway/people/plan.h"

#include "gateway/people/hook.h"
#include "gateway/people/letter.h"
#include "gateway/people/locale.h"
#include "gateway/people/mail.h"
#include "gateway/people/render.h"
#include "gateway/people/words.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX (64 * 1024)
#define BODY_MAX (256 * 1024)

static const char *move_word(enum event_move move)
{
    return move == EVENT_OPENED ? "opened" : move == EVENT_RESOLVED ? "resolved" : "acknowledged";
}

static const char *kind_of(enum event_move move)
{
    static const char *const kinds[] = {[EVENT_OTHER] = "",
                                        [EVENT_OPENED] = "alert.opened",
                                        [EVENT_ACKNOWLEDGED] = "alert.acknowledged",
                                        [EVENT_RESOLVED] = "alert.resolved"};
    return kinds[move];
}

static void customer_key(const struct event *ev, const char *move, const char *customer,
                         char ret_key[PLAN_KEY])
{
    snprintf(ret_key, PLAN_KEY, "alert/%lld/%s/customer/email/%.160s", (long long)ev->alert, move,
             customer);
}

void plan_opening_key(const struct event *event, const char *customer, char ret_key[PLAN_KEY])
{
    customer_key(event, "opened", customer, ret_key);
}

void plan_token(const struct event *event, const char *key, const char *move,
                char ret_token[PLAN_TOKEN])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *p = key; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    snprintf(ret_token, PLAN_TOKEN, "alert-%lld-%lld-%s-%016llx", (long long)event->alert,
             (long long)event->opened_ms, move, (unsigned long long)hash);
}

/* The texts of one letter, each in a buffer of its own, freed together. */
enum piece { GREETING, TITLE, BODY, WHY, SINCE, FIRST_STEP, PIECES = FIRST_STEP + LETTER_STEPS };
struct draft {
    struct buf piece[PIECES];
    struct buf name, subject;
    struct letter letter;
    struct render_values values;
};

static void draft_init(struct draft *d)
{
    *d = (struct draft){0};
    for (int i = 0; i < PIECES; i++)
        buf_init(&d->piece[i], TEXT_MAX);
    buf_init(&d->name, 1024);
    buf_init(&d->subject, 4096);
}

static bool draft_free(struct draft *d)
{
    bool ok = buf_ok(&d->name) && buf_ok(&d->subject);
    for (int i = 0; i < PIECES; i++) {
        ok = ok && buf_ok(&d->piece[i]);
        buf_free(&d->piece[i]);
    }
    buf_free(&d->name);
    buf_free(&d->subject);
    return ok;
}

static const char *fill(struct draft *d, int piece, const char *text)
{
    render_text(text, &d->values, &d->piece[piece]);
    return buf_cstr(&d->piece[piece]);
}

struct words plan_words(const struct plan_input *in)
{
    const struct event *ev = in->event;
    return (struct words){.pack = in->pack,
                          .rule = ev->rule,
                          .message = ev->message,
                          .device = ev->device,
                          .model = in->model,
                          .device_name = in->device_name,
                          .customer_name = in->customer ? in->customer->name : NULL,
                          .evidence = ev->evidence,
                          .since_ms = ev->since_ms,
                          .until_ms = event_time_ms(ev),
                          .now_ms = ev->at_ms};
}

static void set_values(struct draft *d, const struct plan_input *in, const char *language)
{
    struct words w = plan_words(in);
    words_device(&w, language, &d->name);
    words_values(&w, language, buf_cstr(&d->name), in->customer->zone, &d->values);
}

static void frame_letter(struct draft *d, const struct plan_input *in, const char *language)
{
    bool named = in->customer->name && *in->customer->name;
    d->letter.language = language;
    d->letter.note = in->event->test ? locale_phrase(language, PHRASE_TEST_NOTE) : NULL;
    d->letter.greeting =
        fill(d, GREETING, locale_phrase(language, named ? PHRASE_HELLO : PHRASE_HELLO_NOBODY));
    d->letter.why = fill(d, WHY, locale_phrase(language, PHRASE_WHY));
    d->letter.steps_title = locale_phrase(language, PHRASE_STEPS);
    d->letter.facts[d->letter.n_facts++] =
        (struct letter_fact){locale_phrase(language, PHRASE_DEVICE), d->values.device_name};
    if (*in->model && *in->device_name) /* else it is part of the name */
        d->letter.facts[d->letter.n_facts++] =
            (struct letter_fact){locale_phrase(language, PHRASE_MODEL), in->model};
}

static void write_opened(struct draft *d, const struct plan_input *in, const struct pack_message *m,
                         const char *language)
{
    d->letter.title = fill(d, TITLE, m->title);
    d->letter.body = fill(d, BODY, m->body);
    for (size_t i = 0; i < m->n_steps && i < LETTER_STEPS; i++) {
        d->letter.steps[i] = fill(d, FIRST_STEP + (int)i, m->steps[i]);
        d->letter.n_steps = i + 1;
    }
    locale_moment(language, d->values.zone, in->event->since_ms, in->event->at_ms,
                  &d->piece[SINCE]);
    d->letter.facts[d->letter.n_facts++] =
        (struct letter_fact){locale_phrase(language, PHRASE_SINCE), buf_cstr(&d->piece[SINCE])};
    buf_str(&d->subject, d->letter.title);
}

static enum phrase over_phrase(const struct event *ev)
{
    if (strcmp(ev->resolution, "false_alarm") == 0)
        return PHRASE_OVER_FALSE;
    return strcmp(ev->resolved_by, "data") == 0 ? PHRASE_OVER_DATA : PHRASE_OVER_PERSON;
}

static void write_resolved(struct draft *d, const struct plan_input *in,
                           const struct pack_message *m, const char *language)
{
    struct buf title;
    buf_init(&title, 4096);
    render_text(m->title, &d->values, &title);
    d->values.title = buf_cstr(&title);
    d->letter.title = fill(d, TITLE, locale_phrase(language, PHRASE_OVER_SUBJECT));
    fill(d, BODY, locale_phrase(language, over_phrase(in->event)));
    buf_fmt(&d->piece[BODY], " %s", locale_phrase(language, PHRASE_OVER_THANKS));
    d->letter.body = buf_cstr(&d->piece[BODY]);
    buf_str(&d->subject, d->letter.title);
    d->values.title = NULL;
    buf_free(&title);
}

/* The mail entity of a finished letter, threaded under the alert's opening. */
static void put_mail(const struct plan_input *in, const struct letter *letter, const char *key,
                     struct buf *out)
{
    struct buf text, html;
    buf_init(&text, TEXT_MAX * 2);
    buf_init(&html, TEXT_MAX * 2);
    letter_text(letter, &text);
    letter_html(letter, &html);
    char opening[PLAN_KEY], token[PLAN_TOKEN], first[PLAN_TOKEN], id[PLAN_TOKEN * 2],
        thread[PLAN_TOKEN * 2];
    plan_opening_key(in->event, in->customer->id, opening);
    plan_token(in->event, key, move_word(in->event->move), token);
    plan_token(in->event, opening, "opened", first);
    snprintf(id, sizeof id, "%s@%.100s", token, in->mail_domain);
    snprintf(thread, sizeof thread, "%s@%.100s", first, in->mail_domain);
    struct mail_content content = {
        .message_id = id,
        .in_reply_to = in->event->move == EVENT_OPENED ? NULL : thread,
        .language = letter->language,
        .text = buf_cstr(&text),
        .html = buf_cstr(&html),
    };
    mail_entity(&content, out);
    out->broken |= !buf_ok(&text) || !buf_ok(&html);
    buf_free(&text);
    buf_free(&html);
}

static bool customer_is_told(const struct plan_input *in, const struct pack_message *m)
{
    const struct event *ev = in->event;
    const struct plan_customer *c = in->customer;
    if (!c || strcmp(c->channel, "email") != 0 || !*c->email)
        return false;
    if (!(ev->tell & AUDIENCE_CUSTOMER) && !ev->test)
        return false;
    if (!m || !*m->body) /* nothing to say in words that a customer understands */
        return false;
    return ev->move == EVENT_OPENED || (ev->move == EVENT_RESOLVED && in->opening_told);
}

static int plan_customer_mail(const struct plan_input *in, plan_emit_fn emit, void *arg,
                              struct err *e)
{
    const struct pack_message *m =
        in->customer ? render_message(in->pack, in->event->message, in->customer->language) : NULL;
    if (!customer_is_told(in, m))
        return 0;
    /* A text that fell back to English is English throughout. */
    const char *asked = in->customer->language;
    const char *language = m && strcmp(locale_of(m->lang), locale_of(asked)) != 0 ? m->lang : asked;
    char key[PLAN_KEY];
    customer_key(in->event, move_word(in->event->move), in->customer->id, key);

    struct draft d;
    draft_init(&d);
    set_values(&d, in, language);
    frame_letter(&d, in, language);
    if (in->event->test)
        buf_str(&d.subject, locale_phrase(language, PHRASE_TEST_SUBJECT));
    if (in->event->move == EVENT_OPENED)
        write_opened(&d, in, m, language);
    else
        write_resolved(&d, in, m, language);
    struct buf body;
    buf_init(&body, BODY_MAX);
    put_mail(in, &d.letter, key, &body);
    struct plan_row row = {
        .key = key,
        .audience = AUDIENCE_CUSTOMER,
        .channel = "email",
        .recipient = in->customer->email,
        .customer = in->customer->id,
        .kind = kind_of(in->event->move),
        .subject = buf_cstr(&d.subject),
        .body = buf_slice(&body),
        .dead = mail_address_ok(in->customer->email) ? NULL : "the address is not one",
    };
    int rc = buf_ok(&body) ? emit(arg, &row) : 0;
    bool ok = buf_ok(&body);
    buf_free(&body);
    ok = draft_free(&d) && ok;
    return ok ? rc
              : err_set(e, ERR_LIMIT, "the mail about alert %lld does not fit",
                        (long long)in->event->alert);
}

static int plan_hook(const struct plan_input *in, const struct plan_hook *hook,
                     enum audience audience, plan_emit_fn emit, void *arg, struct err *e)
{
    char key[PLAN_KEY], token[PLAN_TOKEN];
    const char *move = move_word(in->event->move);
    snprintf(key, sizeof key, "alert/%lld/%s/%s/webhook/%.160s", (long long)in->event->alert, move,
             audience == AUDIENCE_SUPPORT ? "support" : "manufacturer", hook->id);
    plan_token(in->event, key, move, token);
    struct buf body;
    buf_init(&body, BODY_MAX);
    int rc = hook_body(in, audience, token, &body, e);
    struct plan_row row = {.key = key,
                           .audience = audience,
                           .channel = "webhook",
                           .recipient = hook->id,
                           .kind = kind_of(in->event->move),
                           .subject = token,
                           .body = buf_slice(&body)};
    if (rc == 0)
        rc = emit(arg, &row);
    buf_free(&body);
    return rc;
}

int plan_event(const struct plan_input *in, plan_emit_fn emit, void *arg, struct err *e)
{
    static const enum audience audiences[] = {AUDIENCE_SUPPORT, AUDIENCE_MANUFACTURER};
    const struct event *ev = in->event;
    if (ev->move == EVENT_OTHER || ev->late)
        return 0;
    int rc = plan_customer_mail(in, emit, arg, e);
    for (size_t a = 0; a < 2; a++) {
        if (!(ev->tell & audiences[a]) && !ev->test)
            continue;
        for (size_t i = 0; rc == 0 && i < in->n_hooks; i++)
            if (in->hooks[i].audience & audiences[a])
                rc = plan_hook(in, &in->hooks[i], audiences[a], emit, arg, e);
    }
    return rc;
}
