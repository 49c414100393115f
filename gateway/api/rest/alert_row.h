/* An alert as lists show it: its columns and its JSON. */
#ifndef GATEWAY_API_REST_ALERT_ROW_H
#define GATEWAY_API_REST_ALERT_ROW_H

#include "gateway/api/rest/call.h"
#include "gateway/people/words.h"

/* The customer is whose device it was when the alert opened. */
#define ALERT_COLUMNS                                                                              \
    "SELECT a.id, a.device, a.instance, a.rule, a.pack, a.message, a.severity, a.tell, a.state,"   \
    " a.snoozed_until_ms, a.since_ms, a.opened_ms, a.opened_arrival_ms, a.acked_ms, a.acked_by,"   \
    " a.resolved_ms, a.resolved_by, a.resolution, a.test, a.late, d.model, d.name, c.id, c.name,"  \
    " a.evidence, a.metrics, d.presence, d.presence_ms, c.language, c.timezone"
#define ALERT_TABLES                                                                               \
    " FROM alerts a LEFT JOIN devices d ON d.id = a.device"                                        \
    " LEFT JOIN ownership o ON o.device = a.device AND o.from_ms <= a.opened_ms"                   \
    " AND (o.to_ms IS NULL OR o.to_ms > a.opened_ms)"                                              \
    " LEFT JOIN customers c ON c.id = o.customer"
enum {
    ALERT_ID = 0,
    ALERT_PACK = 4,
    ALERT_MESSAGE = 5,
    ALERT_SEVERITY = 6,
    ALERT_EVIDENCE = 24,
    ALERT_METRIC_IDS = 25,
    ALERT_LANGUAGE = 28,
    ALERT_ZONE = 29
};

/* What the words of a row are made of: borrows the row until the next step. The
 * evidence is the caller's to json_decref. */
struct words alert_row_words(const struct rest *rest, sqlite3_stmt *s, int64_t now_ms,
                             json_t **ret_evidence);
json_t *alert_row_json(const struct rest *rest, sqlite3_stmt *s, int64_t now_ms);

#endif
