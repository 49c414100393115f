/* The JSON of a hand-off row, as the live feed and the stages read it, and of the
 * lists that are kept as JSON in a column. */
#ifndef GATEWAY_STORE_BODY_H
#define GATEWAY_STORE_BODY_H

#include "gateway/line/rows.h"

void body_handoff(const struct row_handoff *row, struct buf *out);
void body_evidence(const struct alert *alert, struct buf *out);
void body_metrics(const struct alert *alert, struct buf *out);
void body_settings(const struct row_twin *row, struct buf *out);
void body_components(const struct row_device *row, struct buf *out);

/* Back again, for a restore. What is not well formed is left out. */
void body_read_evidence(const char *json, struct alert *alert);
void body_read_metrics(const char *json, struct alert *alert);

#endif
