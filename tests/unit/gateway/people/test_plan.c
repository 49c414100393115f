/* One event, told to three audiences: who gets a row, and what stands in it. */
#include "gateway/builtin/builtin.h"
#include "gateway/people/mail.h"
#include "gateway/people/plan.h"
#include "tests/support/cu.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const steps_en[] = {"Close the door.", "Take out {value} of <hot> food."};
static const char *const steps_de[] = {"Schließen Sie die Tür.", "Räumen Sie ihn aus."};
static const struct pack_message messages[] = {
    {"cabinet_warm", "en", "Your fridge is too warm",
     "{device_name} has been warmer than {limit} since {since}. It is at {value} now.",
     "Cabinet above the limit; check ice and fan.", "Cabinet above the safe limit.", 2, steps_en},
    {"cabinet_warm", "de", "Ihr Kühlschrank ist zu warm",
     "{device_name} ist seit {since} wärmer als {limit}. Gerade sind es {value}.",
     "Kühlraum über dem Grenzwert.", "Kühlraum zu warm.", 2, steps_de},
};
static const struct pack_metric metrics[] = {
    {.id = 1, .name = "cabinet_temp", .unit = "celsius", .precision = 0.1}};
static const struct pack_label labels[] = {{"en", "Fridge-freezer"},
                                           {"de", "Kühl-Gefrier-Kombination"}};
static const struct pack pack = {.name = "fridge",
                                 .n_metrics = 1,
                                 .metrics = metrics,
                                 .n_messages = 2,
                                 .messages = messages,
                                 .n_labels = 2,
                                 .labels = labels};

static const struct plan_hook hooks[] = {{"tickets", AUDIENCE_SUPPORT},
                                         {"quality", AUDIENCE_MANUFACTURER},
                                         {"both", AUDIENCE_SUPPORT | AUDIENCE_MANUFACTURER}};

static struct plan_customer anna(const char *language)
{
    return (struct plan_customer){.id = "C1",
                                  .name = "Anna Weber",
                                  .language = language,
                                  .email = "anna@example.com",
                                  .channel = "email"};
}

#define ROWS 16
struct told {
    size_t n;
    struct {
        char key[PLAN_KEY], recipient[64], subject[512], dead[64];
        uint32_t audience;
        bool customer;
        char *body;
    } row[ROWS];
};

static int note(void *arg, const struct plan_row *row)
{
    struct told *t = arg;
    CU_ASSERT_FATAL(t->n < ROWS);
    snprintf(t->row[t->n].key, PLAN_KEY, "%s", row->key);
    snprintf(t->row[t->n].recipient, 64, "%s", row->recipient);
    snprintf(t->row[t->n].subject, 512, "%s", row->subject);
    snprintf(t->row[t->n].dead, 64, "%s", row->dead ? row->dead : "");
    t->row[t->n].audience = row->audience;
    t->row[t->n].customer = row->customer != NULL;
    t->row[t->n].body = strndup((const char *)row->body.ptr, row->body.len);
    t->n++;
    return 0;
}

static void forget(struct told *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->row[i].body);
    t->n = 0;
}

#define NOW INT64_C(1792931400000) /* 2026-10-25 12:30:00 UTC */
static const char opened_body[] =
    "{\"no\":9,\"at_ms\":1792931400000,\"type\":\"alert.opened\",\"device\":\"CK-1\",\"alert\":{"
    "\"id\":7,\"device\":\"CK-1\",\"instance\":0,\"rule\":\"cabinet_warm\",\"pack\":\"fridge\","
    "\"message\":\"cabinet_warm\",\"severity\":\"critical\",\"state\":\"open\","
    "\"since_ms\":1792930200000,\"opened_ms\":1792931399000,\"test\":false,\"late\":false,"
    "\"tell\":[\"customer\",\"support\",\"manufacturer\"],\"evidence\":[{\"text\":"
    "\"not max(door_open, 10m)\",\"value\":null,\"limit\":null,\"metric\":0},{\"text\":"
    "\"min(cabinet_temp, 10m) > 8 celsius\",\"value\":9.14,\"limit\":8,\"metric\":1}]}}";

static struct event event_of(const char *kind, const char *body)
{
    struct event ev;
    struct err e = {0};
    CU_ASSERT_EQUAL_FATAL(event_parse(9, NOW, 1, kind, slice_str(body), &ev, &e), 0);
    return ev;
}

static struct plan_input input_of(const struct event *ev, const struct plan_customer *customer)
{
    return (struct plan_input){.event = ev,
                               .device_name = "Küche",
                               .model = "CK-300",
                               .customer = customer,
                               .pack = &pack,
                               .n_hooks = 3,
                               .hooks = hooks,
                               .mail_domain = "example.org",
                               .source = "urn:tocsin:gateway"};
}

static void plan(const struct plan_input *in, struct told *t)
{
    struct err e = {0};
    *t = (struct told){0};
    CU_ASSERT_EQUAL(plan_event(in, note, t, &e), 0);
}

static void an_opened_alert_reaches_all_three(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("de");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    plan(&in, &t);
    CU_ASSERT_EQUAL_FATAL(t.n, 5);
    CU_ASSERT_STRING_EQUAL(t.row[0].key, "alert/7/opened/customer/email/C1");
    CU_ASSERT_STRING_EQUAL(t.row[0].recipient, "anna@example.com");
    CU_ASSERT_STRING_EQUAL(t.row[0].subject, "Ihr Kühlschrank ist zu warm");
    CU_ASSERT_STRING_EQUAL(t.row[1].key, "alert/7/opened/support/webhook/tickets");
    CU_ASSERT_STRING_EQUAL(t.row[2].key, "alert/7/opened/support/webhook/both");
    CU_ASSERT_STRING_EQUAL(t.row[3].key, "alert/7/opened/manufacturer/webhook/quality");
    CU_ASSERT_STRING_EQUAL(t.row[4].key, "alert/7/opened/manufacturer/webhook/both");
    forget(&t);
    event_free(&ev);
}

static void only_who_is_to_be_told_is_told(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("en");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    ev.tell = AUDIENCE_MANUFACTURER;
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 2);
    forget(&t);
    ev.tell = AUDIENCE_CUSTOMER;
    in.customer = NULL;
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 0);
    in.customer = &c;
    c.channel = "none";
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 0);
    event_free(&ev);
}

/* holds: QUIET-3 */
static void what_was_over_when_it_came_is_told_to_nobody(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("en");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    ev.late = true;
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 0);
    event_free(&ev);
}

static void a_test_goes_to_everybody_and_says_so(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("de");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    ev.test = true;
    ev.tell = 0;
    ev.message = ev.rule = "test_alert";
    in.pack = builtin_pack();
    plan(&in, &t);
    CU_ASSERT_EQUAL_FATAL(t.n, 5);
    CU_ASSERT_STRING_EQUAL(t.row[0].subject, "[Test] Eine Testnachricht zu Ihrem Gerät");
    CU_ASSERT_PTR_NOT_NULL(strstr(t.row[0].body, "Das ist ein Test."));
    for (size_t i = 1; i < t.n; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(t.row[i].body, "\"test\":true"));
    forget(&t);
    event_free(&ev);
}

static void one_follow_up_when_the_opening_was_told(void)
{
    struct event ev = event_of("alert.resolved", opened_body);
    struct plan_customer c = anna("en");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    ev.resolved_ms = NOW;
    ev.resolved_by = "data";
    ev.tell = AUDIENCE_CUSTOMER;
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 0);
    in.opening_told = true;
    plan(&in, &t);
    CU_ASSERT_EQUAL_FATAL(t.n, 1);
    CU_ASSERT_STRING_EQUAL(t.row[0].key, "alert/7/resolved/customer/email/C1");
    CU_ASSERT_STRING_EQUAL(t.row[0].subject, "It is over: Your fridge is too warm");
    CU_ASSERT_PTR_NOT_NULL(strstr(t.row[0].body, "back to normal since 12:30"));
    char key[PLAN_KEY], token[PLAN_TOKEN], reply[256];
    plan_opening_key(&ev, "C1", key);
    plan_token(&ev, key, "opened", token);
    snprintf(reply, sizeof reply, "\r\nIn-Reply-To: <%s@example.org>\r\n", token);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.row[0].body, reply));
    forget(&t);
    event_free(&ev);
}

static void an_acknowledgement_is_no_mail(void)
{
    struct event ev = event_of("alert.acknowledged", opened_body);
    struct plan_customer c = anna("en");
    struct plan_input in = input_of(&ev, &c);
    in.opening_told = true;
    struct told t;
    plan(&in, &t);
    CU_ASSERT_EQUAL(t.n, 4);
    for (size_t i = 0; i < t.n; i++)
        CU_ASSERT_FALSE(t.row[i].customer);
    forget(&t);
    event_free(&ev);
}

/* holds: TELL-1 */
static void the_manufacturer_learns_nothing_about_the_customer(void)
{
    static const char *const kinds[] = {"alert.opened", "alert.acknowledged", "alert.resolved"};
    for (size_t k = 0; k < 3; k++) {
        struct event ev = event_of(kinds[k], opened_body);
        ev.acked_by = ev.resolved_by = "user:hanna";
        struct plan_customer c = anna("de");
        struct plan_input in = input_of(&ev, &c);
        struct told t;
        plan(&in, &t);
        int seen = 0;
        for (size_t i = 0; i < t.n; i++) {
            bool maker = t.row[i].audience == AUDIENCE_MANUFACTURER;
            seen += maker;
            static const char *const secrets[] = {"Anna",  "Weber",       "anna@", "C1",
                                                  "Küche", "K\\u00fcche", "hanna", "customer"};
            for (size_t s = 0; maker && s < 8; s++)
                CU_ASSERT_PTR_NULL(strstr(t.row[i].body, secrets[s]));
        }
        CU_ASSERT_EQUAL(seen, 2);
        forget(&t);
        event_free(&ev);
    }
}

static void support_sees_whom_it_is_about(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("de");
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    plan(&in, &t);
    const char *body = t.row[1].body;
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"specversion\":\"1.0\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"type\":\"tocsin.alert.opened\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"time\":\"2026-10-25T12:30:00.000Z\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "\"name\":\"Anna Weber\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, "check ice and fan"));
    CU_ASSERT_PTR_NOT_NULL(strstr(body, t.row[1].subject)); /* the id on the wire */
    forget(&t);
    event_free(&ev);
}

static void an_address_that_is_none_is_a_dead_letter(void)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna("en");
    c.email = "anna@example.com\r\nBcc: eve@example.com";
    struct plan_input in = input_of(&ev, &c);
    struct told t;
    plan(&in, &t);
    CU_ASSERT_STRING_EQUAL(t.row[0].dead, "the address is not one");
    forget(&t);
    event_free(&ev);
}

static void ids_differ_between_stores_moves_and_people(void)
{
    struct event a = {.alert = 7, .opened_ms = 1000}, b = {.alert = 7, .opened_ms = 2000};
    char one[PLAN_TOKEN], two[PLAN_TOKEN];
    plan_token(&a, "key", "opened", one);
    plan_token(&a, "key", "opened", two);
    CU_ASSERT_STRING_EQUAL(one, two);
    plan_token(&b, "key", "opened", two);
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
    plan_token(&a, "other", "opened", two);
    CU_ASSERT_STRING_NOT_EQUAL(one, two);
    CU_ASSERT_PTR_NULL(strchr(one, '.')); /* a dot would blur what a webhook signs */
}

static void a_body_that_lies_is_refused(void)
{
    struct event ev;
    struct err e;
    static const char *const wrong[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"alert\":7}",
        "{\"alert\":{}}",
        "{\"alert\":{\"id\":1,\"device\":\"d\",\"opened_ms\":5,\"severity\":\"huge\"}}",
        "{\"alert\":{\"id\":1,\"id\":2,\"device\":\"d\",\"opened_ms\":5,\"severity\":\"major\"}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        CU_ASSERT_EQUAL(event_parse(1, 1, 1, "alert.opened", slice_str(wrong[i]), &ev, &e),
                        ERR_INVALID);
    CU_ASSERT_EQUAL(event_parse(1, 1, 1, "device.presence", slice_str("?"), &ev, &e), 0);
    CU_ASSERT_EQUAL(ev.move, EVENT_OTHER);
}

static void golden(const char *language, const char *file)
{
    struct event ev = event_of("alert.opened", opened_body);
    struct plan_customer c = anna(language);
    struct plan_input in = input_of(&ev, &c);
    in.device_name = "";
    struct told t;
    plan(&in, &t);
    char path[128], expected[16384] = "";
    snprintf(path, sizeof path, "tests/unit/gateway/people/golden/%s", file);
    FILE *f = fopen(path, "re");
    if (f) {
        expected[fread(expected, 1, sizeof expected - 1, f)] = '\0';
        fclose(f);
    }
    CU_ASSERT_STRING_EQUAL(t.row[0].body, expected);
    if (strcmp(t.row[0].body, expected) != 0) {
        snprintf(path, sizeof path, "/tmp/tocsin-%s", file);
        printf("\nwhat came out instead is in %s\n", path);
        f = fopen(path, "we");
        if (f) {
            fputs(t.row[0].body, f);
            fclose(f);
        }
    }
    forget(&t);
    event_free(&ev);
}

static void the_mail_reads_like_this(void)
{
    golden("en", "opened.en.eml");
    golden("de", "opened.de.eml");
}

TESTS(STORY(an_opened_alert_reaches_all_three), STORY(only_who_is_to_be_told_is_told),
      STORY(what_was_over_when_it_came_is_told_to_nobody),
      STORY(a_test_goes_to_everybody_and_says_so), STORY(one_follow_up_when_the_opening_was_told),
      STORY(an_acknowledgement_is_no_mail),
      STORY(the_manufacturer_learns_nothing_about_the_customer),
      STORY(support_sees_whom_it_is_about), STORY(an_address_that_is_none_is_a_dead_letter),
      STORY(ids_differ_between_stores_moves_and_people), STORY(a_body_that_lies_is_refused),
      STORY(the_mail_reads_like_this))
