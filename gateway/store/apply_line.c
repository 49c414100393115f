/* The rows of a line's transaction as SQL. */
#include "gateway/store/body.h"
#include "gateway/store/inside.h"
#include "gateway/store/line_store.h"

#include <stdio.h>

/* Binds one value after another; `sql` names the statement in errors. */
struct put {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    int at;
};

static int begin(sqlite3 *db, const char *sql, struct put *p, struct err *e)
{
    p->db = db;
    p->stmt = store_stmt(db, sql, e);
    p->at = 0;
    return p->stmt ? 0 : e->code;
}

static void put_int(struct put *p, int64_t v)
{
    sqlite3_bind_int64(p->stmt, ++p->at, v);
}

static void put_u64(struct put *p, uint64_t v)
{
    put_int(p, (int64_t)v);
}

static void put_known(struct put *p, int64_t v, bool known)
{
    if (known)
        put_int(p, v);
    else
        sqlite3_bind_null(p->stmt, ++p->at);
}

static void put_text(struct put *p, const char *s)
{
    sqlite3_bind_text(p->stmt, ++p->at, s, -1, SQLITE_STATIC);
}

static void put_buf(struct put *p, struct buf *b)
{
    sqlite3_bind_text(p->stmt, ++p->at, buf_cstr(b), -1, SQLITE_STATIC);
}

static void put_blob(struct put *p, struct slice s)
{
    if (s.len)
        sqlite3_bind_blob(p->stmt, ++p->at, s.ptr, (int)s.len, SQLITE_STATIC);
    else
        sqlite3_bind_zeroblob(p->stmt, ++p->at, 0);
}

static int end(struct put *p, struct err *e)
{
    int rc = sqlite3_step(p->stmt);
    rc = rc == SQLITE_DONE ? 0 : store_fault(p->db, rc, e, sqlite3_sql(p->stmt));
    sqlite3_reset(p->stmt);
    return rc;
}

static void stream_hex(char to[17], uint64_t stream)
{
    snprintf(to, 17, "%016llx", (unsigned long long)stream);
}

static int input(sqlite3 *db, const struct line_commit *c, const struct row_input *row,
                 struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT INTO inputs (no,line,kind,device,arrived_ms,from_ms,to_ms,fix,bytes)"
                   " VALUES (?,?,?,?,?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    bool span = row->from_ms || row->to_ms;
    put_u64(&p, row->no);
    put_int(&p, c->line);
    put_int(&p, row->kind);
    put_text(&p, row->device);
    put_int(&p, row->arrived_ms);
    put_known(&p, row->from_ms, span);
    put_known(&p, row->to_ms, span);
    put_blob(&p, row->fix);
    put_blob(&p, row->bytes);
    return end(&p, e);
}

static int stream(sqlite3 *db, const struct row_stream *row, struct err *e)
{
    struct put p;
    char hex[17];
    stream_hex(hex, row->stream);
    int rc = begin(db,
                   row->forgotten
                       ? "DELETE FROM streams WHERE device=? AND stream=?"
                       : "INSERT OR REPLACE INTO streams (device,stream,lane,contiguous,highest,"
                         "expected,closed_last,stored,dropped,updated_ms,marks)"
                         " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    put_text(&p, row->device);
    put_text(&p, hex);
    if (row->forgotten)
        return end(&p, e);
    put_int(&p, row->lane);
    put_u64(&p, row->contiguous);
    put_u64(&p, row->highest);
    put_u64(&p, row->expected);
    put_known(&p, (int64_t)row->closed_last, row->closed_last != 0);
    put_u64(&p, row->stored);
    put_u64(&p, row->dropped);
    put_int(&p, row->updated_ms);
    put_blob(&p, row->marks);
    return end(&p, e);
}

static int drop(sqlite3 *db, const struct row_drop *row, struct err *e)
{
    struct put p;
    char hex[17];
    stream_hex(hex, row->stream);
    int rc = begin(db,
                   row->gone ? "DELETE FROM drops WHERE device=? AND stream=? AND first=?"
                             : "INSERT OR REPLACE INTO drops (device,stream,first,last,reason,"
                               "readings,from_ms,to_ms,told_ms) VALUES (?,?,?,?,?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    put_text(&p, row->device);
    put_text(&p, hex);
    put_u64(&p, row->first);
    if (row->gone)
        return end(&p, e);
    put_u64(&p, row->last);
    put_int(&p, row->reason);
    put_u64(&p, row->readings);
    put_known(&p, row->from_ms, row->from_ms != 0);
    put_known(&p, row->to_ms, row->to_ms != 0);
    put_int(&p, row->told_ms);
    return end(&p, e);
}

static int device(sqlite3 *db, const struct row_device *row, struct err *e)
{
    struct put p;
    int rc = begin(
        db,
        "INSERT INTO devices (id,tenant,model,serial,firmware,hardware,agent,components,pack,"
        "pack_revision,presence,presence_ms,session,first_seen_ms,last_seen_ms,newest_ms,"
        "readings,batches,source_lost) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT (id) DO UPDATE SET model=excluded.model,serial=excluded.serial,"
        "firmware=excluded.firmware,hardware=excluded.hardware,agent=excluded.agent,"
        "components=excluded.components,pack=excluded.pack,pack_revision=excluded.pack_revision,"
        "presence=excluded.presence,presence_ms=excluded.presence_ms,session=excluded.session,"
        "first_seen_ms=excluded.first_seen_ms,last_seen_ms=excluded.last_seen_ms,"
        "newest_ms=excluded.newest_ms,readings=excluded.readings,batches=excluded.batches,"
        "source_lost=excluded.source_lost",
        &p, e);
    if (rc)
        return rc;
    struct buf components;
    buf_init(&components, 64 * 1024);
    body_components(row, &components);
    put_text(&p, row->id);
    put_int(&p, row->tenant);
    put_text(&p, row->model);
    put_text(&p, row->serial);
    put_text(&p, row->firmware);
    put_text(&p, row->hardware);
    put_text(&p, row->agent);
    put_buf(&p, &components);
    put_text(&p, row->pack);
    put_int(&p, row->pack_revision);
    put_text(&p, presence_name(row->presence));
    put_int(&p, row->presence_ms);
    put_u64(&p, row->session);
    put_int(&p, row->first_seen_ms);
    put_int(&p, row->last_seen_ms);
    put_int(&p, row->newest_ms);
    put_u64(&p, row->readings);
    put_u64(&p, row->batches);
    put_u64(&p, row->source_lost);
    rc = end(&p, e);
    buf_free(&components);
    return rc;
}

static int twin(sqlite3 *db, const struct row_twin *row, struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT OR REPLACE INTO twins (device,desired,reported,settings)"
                   " VALUES (?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    struct buf settings;
    buf_init(&settings, 64 * 1024);
    body_settings(row, &settings);
    put_text(&p, row->device);
    put_u64(&p, row->desired);
    put_u64(&p, row->reported);
    put_buf(&p, &settings);
    rc = end(&p, e);
    buf_free(&settings);
    return rc;
}

static int latest(sqlite3 *db, const struct row_latest *row, struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT OR REPLACE INTO latest (device,metric,instance,at_ms,value)"
                   " VALUES (?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    put_text(&p, row->device);
    put_int(&p, row->metric);
    put_int(&p, row->instance);
    put_int(&p, row->at_ms);
    sqlite3_bind_double(p.stmt, ++p.at, row->value);
    return end(&p, e);
}

static void put_alert(struct put *p, const struct row_alert *row, struct buf *evidence,
                      struct buf *metrics)
{
    const struct alert *a = &row->alert;
    bool acked = a->acked_ms != 0, resolved = a->state == ALERT_RESOLVED;
    put_u64(p, a->id);
    put_int(p, row->tenant);
    put_text(p, row->device);
    put_int(p, a->instance);
    put_text(p, a->rule);
    put_text(p, a->pack);
    put_text(p, a->message);
    put_int(p, a->severity);
    put_int(p, a->tell);
    put_text(p, alert_state_name(a->state));
    put_int(p, a->snoozed_until_ms);
    put_int(p, a->since_ms);
    put_int(p, a->opened_ms);
    put_int(p, a->opened_arrival_ms);
    put_known(p, a->acked_ms, acked);
    acked ? put_text(p, a->acked_by) : put_known(p, 0, false);
    put_known(p, a->resolved_ms, resolved);
    put_known(p, a->resolved_arrival_ms, resolved);
    resolved ? put_text(p, a->resolved_by) : put_known(p, 0, false);
    resolved ? put_text(p, a->resolution) : put_known(p, 0, false);
    put_int(p, a->test);
    put_int(p, a->late);
    put_buf(p, evidence);
    put_buf(p, metrics);
}

static int alert(sqlite3 *db, const struct row_alert *row, struct err *e)
{
    struct put p;
    int rc = begin(
        db,
        "INSERT INTO alerts (id,tenant,device,instance,rule,pack,message,severity,tell,state,"
        "snoozed_until_ms,since_ms,opened_ms,opened_arrival_ms,acked_ms,acked_by,resolved_ms,"
        "resolved_arrival_ms,resolved_by,resolution,test,late,evidence,metrics)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT (id) DO UPDATE SET state=excluded.state,"
        "snoozed_until_ms=excluded.snoozed_until_ms,since_ms=excluded.since_ms,"
        "acked_ms=excluded.acked_ms,acked_by=excluded.acked_by,resolved_ms=excluded.resolved_ms,"
        "resolved_arrival_ms=excluded.resolved_arrival_ms,resolved_by=excluded.resolved_by,"
        "resolution=excluded.resolution",
        &p, e);
    if (rc)
        return rc;
    struct buf evidence, metrics;
    buf_init(&evidence, 16 * 1024);
    buf_init(&metrics, 1024);
    body_evidence(&row->alert, &evidence);
    body_metrics(&row->alert, &metrics);
    put_alert(&p, row, &evidence, &metrics);
    rc = end(&p, e);
    buf_free(&evidence);
    buf_free(&metrics);
    return rc;
}

static int entry(sqlite3 *db, const struct alert_entry *row, struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT INTO alert_log (alert,at_ms,arrival_ms,move,actor,reason)"
                   " VALUES (?,?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    put_u64(&p, row->alert);
    put_int(&p, row->at_ms);
    put_int(&p, row->arrival_ms);
    put_text(&p, alert_move_name(row->move));
    put_text(&p, row->actor);
    put_text(&p, row->reason);
    return end(&p, e);
}

static int handoff(sqlite3 *db, const struct row_handoff *row, struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT INTO handoff (no,at_ms,kind,tenant,device,alert,body)"
                   " VALUES (?,?,?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    struct buf body;
    buf_init(&body, 64 * 1024);
    body_handoff(row, &body);
    put_u64(&p, row->no);
    put_int(&p, row->at_ms);
    put_text(&p, row->kind);
    put_int(&p, row->tenant);
    put_text(&p, row->device);
    put_known(&p, (int64_t)row->alert.id, row->has_alert);
    put_buf(&p, &body);
    rc = buf_ok(&body) ? end(&p, e) : err_set(e, ERR_LIMIT, "a hand-off row is too large");
    buf_free(&body);
    return rc;
}

static int snapshot(sqlite3 *db, const struct line_commit *c, const struct row_snapshot *row,
                    struct err *e)
{
    struct put p;
    int rc = begin(db,
                   "INSERT OR REPLACE INTO snapshots (device,line,input_no,version,bytes)"
                   " VALUES (?,?,?,?,?)",
                   &p, e);
    if (rc)
        return rc;
    put_text(&p, row->device);
    put_int(&p, c->line);
    put_u64(&p, row->input_no);
    put_int(&p, row->version);
    put_blob(&p, row->bytes);
    return end(&p, e);
}

int store_apply_line(sqlite3 *db, void *arg, struct err *e)
{
    const struct line_commit *c = arg;
    int rc = 0;
    for (size_t i = 0; i < c->n_inputs && rc == 0; i++)
        rc = input(db, c, &c->inputs[i], e);
    for (size_t i = 0; i < c->n_streams && rc == 0; i++)
        rc = stream(db, &c->streams[i], e);
    for (size_t i = 0; i < c->n_drops && rc == 0; i++)
        rc = drop(db, &c->drops[i], e);
    for (size_t i = 0; i < c->n_devices && rc == 0; i++)
        rc = device(db, &c->devices[i], e);
    for (size_t i = 0; i < c->n_twins && rc == 0; i++)
        rc = twin(db, &c->twins[i], e);
    for (size_t i = 0; i < c->n_latest && rc == 0; i++)
        rc = latest(db, &c->latest[i], e);
    for (size_t i = 0; i < c->n_alerts && rc == 0; i++)
        rc = alert(db, &c->alerts[i], e);
    for (size_t i = 0; i < c->n_entries && rc == 0; i++)
        rc = entry(db, &c->entries[i], e);
    for (size_t i = 0; i < c->n_handoffs && rc == 0; i++)
        rc = handoff(db, &c->handoffs[i], e);
    for (size_t i = 0; i < c->n_snapshots && rc == 0; i++)
        rc = snapshot(db, c, &c->snapshots[i], e);
    return rc;
}
