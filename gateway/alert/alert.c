/* The moves of an alert, as a table, and what each one leaves behind. */
#include "gateway/alert/alert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[ALERT_STATES] = {"open", "acknowledged", "resolved"};
static const char *const move_names[ALERT_MOVES] = {"opened",    "acknowledged", "snoozed",
                                                    "unsnoozed", "resolved",     "noted"};
static const char *const resolutions[] = {"data",        "fixed",     "customer_fixed",
                                          "false_alarm", "duplicate", "other"};

/* Which moves each state allows. */
static const bool allowed[ALERT_STATES][ALERT_MOVES] = {
    [ALERT_OPEN] = {[MOVE_ACKNOWLEDGED] = true,
                    [MOVE_SNOOZED] = true,
                    [MOVE_UNSNOOZED] = true,
                    [MOVE_RESOLVED] = true,
                    [MOVE_NOTED] = true},
    [ALERT_ACKNOWLEDGED] = {[MOVE_SNOOZED] = true,
                            [MOVE_UNSNOOZED] = true,
                            [MOVE_RESOLVED] = true,
                            [MOVE_NOTED] = true},
    [ALERT_RESOLVED] = {[MOVE_NOTED] = true},
};

const char *alert_state_name(enum alert_state state)
{
    return state < ALERT_STATES ? state_names[state] : "?";
}

int alert_state_of(const char *name)
{
    for (int i = 0; i < ALERT_STATES; i++)
        if (strcmp(name, state_names[i]) == 0)
            return i;
    return -1;
}

const char *alert_move_name(enum alert_move move)
{
    return move < ALERT_MOVES ? move_names[move] : "?";
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"minor", "major", "critical"};
    return severity <= SEVERITY_CRITICAL ? names[severity] : "?";
}

static const char *text(const char *s)
{
    return s ? s : "";
}

static bool is_resolution(const char *reason)
{
    for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++)
        if (strcmp(reason, resolutions[i]) == 0)
            return true;
    return false;
}

/* The words of a log line: the reason, and the note behind it. */
static void reason_and_note(char *to, size_t size, const char *reason, const char *note)
{
    const char *between = *reason && *note ? ": " : "";
    snprintf(to, size, "%.100s%s%.400s", reason, between, note);
}

static int check(const struct alert *alert, const struct alert_wish *wish, struct err *e)
{
    if (wish->move >= ALERT_MOVES || wish->move == MOVE_OPENED)
        return err_set(e, ERR_INVALID, "there is no such move");
    if (!allowed[alert->state][wish->move])
        return err_set(e, ERR_DENIED, "an alert that is %s cannot be %s", state_names[alert->state],
                       move_names[wish->move]);
    if (wish->move == MOVE_RESOLVED && !is_resolution(text(wish->reason)))
        return err_set(e, ERR_INVALID,
                       "reason: expected fixed, customer_fixed, false_alarm, duplicate or other");
    if (wish->move == MOVE_SNOOZED && wish->until_ms <= wish->arrival_ms)
        return err_set(e, ERR_INVALID, "until_ms: expected a time to come");
    if (wish->move == MOVE_UNSNOOZED && !alert->snoozed_until_ms)
        return err_set(e, ERR_DENIED, "the alert is not snoozed");
    return 0;
}

static void resolve(struct alert *alert, const struct alert_wish *wish)
{
    alert->state = ALERT_RESOLVED;
    alert->snoozed_until_ms = 0;
    alert->resolved_ms = wish->at_ms;
    alert->resolved_arrival_ms = wish->arrival_ms;
    snprintf(alert->resolved_by, sizeof alert->resolved_by, "%s", text(wish->actor));
    snprintf(alert->resolution, sizeof alert->resolution, "%s", text(wish->reason));
}

int alert_apply(struct alert *alert, const struct alert_wish *wish, struct alert_entry *ret_entry,
                struct err *e)
{
    int rc = check(alert, wish, e);
    if (rc)
        return rc;
    switch (wish->move) {
    case MOVE_ACKNOWLEDGED:
        alert->state = ALERT_ACKNOWLEDGED;
        alert->acked_ms = wish->arrival_ms;
        snprintf(alert->acked_by, sizeof alert->acked_by, "%s", text(wish->actor));
        break;
    case MOVE_SNOOZED: alert->snoozed_until_ms = wish->until_ms; break;
    case MOVE_UNSNOOZED: alert->snoozed_until_ms = 0; break;
    case MOVE_RESOLVED: resolve(alert, wish); break;
    case MOVE_NOTED:
    case MOVE_OPENED:
    case ALERT_MOVES: break;
    }
    *ret_entry = (struct alert_entry){.alert = alert->id,
                                      .move = wish->move,
                                      .at_ms = wish->at_ms,
                                      .arrival_ms = wish->arrival_ms};
    snprintf(ret_entry->actor, sizeof ret_entry->actor, "%s", text(wish->actor));
    reason_and_note(ret_entry->reason, sizeof ret_entry->reason, text(wish->reason),
                    text(wish->note));
    return 0;
}

void alert_opened(const struct alert *alert, struct alert_entry *ret_entry)
{
    *ret_entry = (struct alert_entry){.alert = alert->id,
                                      .move = MOVE_OPENED,
                                      .at_ms = alert->opened_ms,
                                      .arrival_ms = alert->opened_arrival_ms};
    snprintf(ret_entry->actor, sizeof ret_entry->actor, "data");
}
