-- The gateway's store. Times are milliseconds since 1970 UTC. Every row that
-- belongs to somebody has a tenant. One writer: the commit thread.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- The journal: everything that changes a line, as it came. A batch row is also
-- the chunk that charts read: its bytes are columns.
CREATE TABLE inputs (
  no INTEGER PRIMARY KEY,
  line INTEGER NOT NULL,
  kind INTEGER NOT NULL,          -- enum input_kind of gateway/line
  device TEXT NOT NULL,           -- '' for inputs of the whole line
  arrived_ms INTEGER NOT NULL,
  from_ms INTEGER,                -- event time span of a batch
  to_ms INTEGER,
  fix BLOB,                       -- how event time was fixed at intake
  bytes BLOB NOT NULL
);
CREATE INDEX inputs_by_device ON inputs (device, kind, to_ms);
CREATE INDEX inputs_by_number ON inputs (device, no); -- a restore reads what is after a snapshot

-- Packs that were ever in force: a replay judges under the rules of its time.
CREATE TABLE packs (
  fingerprint INTEGER PRIMARY KEY,
  name TEXT NOT NULL, revision INTEGER NOT NULL, file BLOB NOT NULL
);

CREATE TABLE snapshots (
  device TEXT PRIMARY KEY,
  line INTEGER NOT NULL,
  input_no INTEGER NOT NULL,      -- replay starts after this one
  version INTEGER NOT NULL,
  bytes BLOB NOT NULL
) WITHOUT ROWID;

-- The ledger's committed marks, one row a stream.
CREATE TABLE streams (
  device TEXT NOT NULL,
  stream TEXT NOT NULL,           -- 16 hex digits
  lane INTEGER NOT NULL,
  contiguous INTEGER NOT NULL,
  highest INTEGER NOT NULL,       -- highest number seen
  expected INTEGER NOT NULL,      -- highest number known to exist
  closed_last INTEGER,            -- last number of a closed stream
  stored INTEGER NOT NULL,        -- batches
  dropped INTEGER NOT NULL,       -- numbers accounted for by tombstones
  updated_ms INTEGER NOT NULL,
  marks BLOB NOT NULL,            -- the ledger's own encoding
  PRIMARY KEY (device, stream)
) WITHOUT ROWID;
CREATE TABLE drops (              -- tombstones, as told
  device TEXT NOT NULL, stream TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  reason INTEGER NOT NULL, readings INTEGER NOT NULL, from_ms INTEGER, to_ms INTEGER,
  told_ms INTEGER NOT NULL,
  PRIMARY KEY (device, stream, first)
) WITHOUT ROWID;

CREATE TABLE devices (
  id TEXT PRIMARY KEY,
  tenant INTEGER NOT NULL DEFAULT 1,
  model TEXT NOT NULL DEFAULT '', serial TEXT NOT NULL DEFAULT '',
  firmware TEXT NOT NULL DEFAULT '', hardware TEXT NOT NULL DEFAULT '',
  agent TEXT NOT NULL DEFAULT '', components TEXT NOT NULL DEFAULT '[]',
  pack TEXT NOT NULL DEFAULT '', pack_revision INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL DEFAULT '',  -- what its owner calls it
  presence TEXT NOT NULL DEFAULT 'unknown', -- unknown, online, offline, asleep, off
  presence_ms INTEGER NOT NULL DEFAULT 0,
  session INTEGER NOT NULL DEFAULT 0,
  first_seen_ms INTEGER NOT NULL DEFAULT 0, last_seen_ms INTEGER NOT NULL DEFAULT 0,
  newest_ms INTEGER NOT NULL DEFAULT 0,     -- newest event time
  readings INTEGER NOT NULL DEFAULT 0,      -- samples stored
  batches INTEGER NOT NULL DEFAULT 0,
  source_lost INTEGER NOT NULL DEFAULT 0,   -- messages lost between firmware and spool
  blocked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE latest (             -- the last value of each metric, for the device page
  device TEXT NOT NULL, metric INTEGER NOT NULL, instance INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, value REAL NOT NULL,
  PRIMARY KEY (device, metric, instance)
) WITHOUT ROWID;

CREATE TABLE twins (              -- settings that somebody wished, and what the device has
  device TEXT PRIMARY KEY,
  desired INTEGER NOT NULL, reported INTEGER NOT NULL, -- versions; desired 0: none was wished
  settings TEXT NOT NULL           -- JSON array of {kind, metric, value}
) WITHOUT ROWID;

CREATE TABLE alerts (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL DEFAULT 1,
  device TEXT NOT NULL, instance INTEGER NOT NULL, rule TEXT NOT NULL,
  pack TEXT NOT NULL, message TEXT NOT NULL, severity INTEGER NOT NULL, tell INTEGER NOT NULL,
  state TEXT NOT NULL,            -- open, acknowledged, resolved (pending stays in the line)
  snoozed_until_ms INTEGER NOT NULL DEFAULT 0,
  since_ms INTEGER NOT NULL,      -- event time: the condition began
  opened_ms INTEGER NOT NULL,     -- event time: the alert opened
  opened_arrival_ms INTEGER NOT NULL,
  acked_ms INTEGER, acked_by TEXT,
  resolved_ms INTEGER, resolved_arrival_ms INTEGER, resolved_by TEXT, resolution TEXT,
  test INTEGER NOT NULL DEFAULT 0,
  late INTEGER NOT NULL DEFAULT 0, -- found in data that came late and is over
  evidence TEXT NOT NULL DEFAULT '[]',  -- JSON array of clauses
  metrics TEXT NOT NULL DEFAULT '[]'    -- JSON array of the metric ids its rule reads
);
CREATE UNIQUE INDEX alerts_open ON alerts (tenant, device, instance, rule) WHERE state <> 'resolved';
CREATE INDEX alerts_by_device ON alerts (device, opened_ms);
CREATE INDEX alerts_by_state ON alerts (state, severity, opened_ms);
CREATE TABLE alert_log (
  id INTEGER PRIMARY KEY,
  alert INTEGER NOT NULL REFERENCES alerts(id),
  at_ms INTEGER NOT NULL,         -- event time
  arrival_ms INTEGER NOT NULL,
  move TEXT NOT NULL,             -- opened, acknowledged, snoozed, unsnoozed, resolved, noted
  actor TEXT NOT NULL,            -- data, customer, user:<name>, token:<name>
  reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX alert_log_by_alert ON alert_log (alert);

-- What lines tell the stages, in order. The number is also the feed's event id.
CREATE TABLE handoff (
  no INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,         -- arrival
  kind TEXT NOT NULL,             -- alert.opened, alert.acknowledged, alert.snoozed, alert.resolved, device.presence, ...
  tenant INTEGER NOT NULL, device TEXT NOT NULL,
  alert INTEGER,                  -- alerts.id
  body TEXT NOT NULL              -- JSON: the event as the feed shows it
);
CREATE INDEX handoff_by_device ON handoff (device, no);
CREATE TABLE cursors (stage TEXT PRIMARY KEY, no INTEGER NOT NULL) WITHOUT ROWID;

-- People.
CREATE TABLE customers (
  id TEXT PRIMARY KEY, tenant INTEGER NOT NULL DEFAULT 1,
  name TEXT NOT NULL, language TEXT NOT NULL DEFAULT 'en', timezone TEXT NOT NULL DEFAULT 'UTC',
  email TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT 'email'    -- email or none
) WITHOUT ROWID;
CREATE TABLE ownership (           -- an interval: every view of the past is cut by it
  device TEXT NOT NULL, customer TEXT NOT NULL REFERENCES customers(id),
  from_ms INTEGER NOT NULL, to_ms INTEGER,
  PRIMARY KEY (device, from_ms)
) WITHOUT ROWID;
CREATE INDEX ownership_by_customer ON ownership (customer);
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY, tenant INTEGER NOT NULL DEFAULT 1,
  url TEXT NOT NULL, secret TEXT NOT NULL,
  audience INTEGER NOT NULL,       -- enum audience bits
  enabled INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

-- The outbox: what is to be told to whom. An attempt is recorded before it is made.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,        -- idempotency: alert/transition/audience/channel/recipient
  tenant INTEGER NOT NULL, created_ms INTEGER NOT NULL,
  audience INTEGER NOT NULL, channel TEXT NOT NULL, -- email, webhook
  recipient TEXT NOT NULL,         -- address or webhook id
  customer TEXT, device TEXT NOT NULL, alert INTEGER,
  handoff INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- alert.opened, alert.resolved, test
  subject TEXT NOT NULL DEFAULT '', body BLOB NOT NULL, -- as it goes out: MIME message or JSON
  state TEXT NOT NULL DEFAULT 'ready', -- ready, trying, accepted, dead, dropped
  attempts INTEGER NOT NULL DEFAULT 0,
  next_ms INTEGER NOT NULL,
  done_ms INTEGER, last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX outbox_due ON outbox (state, next_ms);
CREATE INDEX outbox_by_alert ON outbox (alert);
CREATE INDEX outbox_by_device ON outbox (device);
CREATE TABLE attempts (
  outbox INTEGER NOT NULL REFERENCES outbox(id), n INTEGER NOT NULL,
  started_ms INTEGER NOT NULL, ended_ms INTEGER, code INTEGER, detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (outbox, n)
) WITHOUT ROWID;

-- Access.
CREATE TABLE users (
  name TEXT PRIMARY KEY, password TEXT NOT NULL, -- argon2id string
  role TEXT NOT NULL DEFAULT 'agent', disabled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,             -- hash of the cookie
  user TEXT NOT NULL, csrf TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL, address TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE tokens (
  hash TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, -- read or write
  created_ms INTEGER NOT NULL, expires_ms INTEGER
) WITHOUT ROWID;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL DEFAULT ''
);
