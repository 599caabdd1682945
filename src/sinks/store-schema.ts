/** "WAYW": tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x57415957;

/**
 * One step per schema version; a step is never changed once released, a new one is added.
 * Times are milliseconds since the epoch: event time in `alerts`, the wall clock everywhere else.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE alerts (
    id          TEXT PRIMARY KEY,
    revision    INTEGER NOT NULL,
    status      TEXT NOT NULL,
    severity    INTEGER NOT NULL,  -- rank: 0 low … 3 critical
    agent       TEXT,
    opened_at   INTEGER NOT NULL,
    document    TEXT NOT NULL      -- the alert as JSON
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX alerts_by_time ON alerts (opened_at, id);

  CREATE TABLE closings (
    seq         INTEGER PRIMARY KEY,
    alert       TEXT NOT NULL,
    verdict     TEXT NOT NULL,     -- benign | true
    because     TEXT NOT NULL,
    by          TEXT NOT NULL,
    at          INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX closings_by_alert ON closings (alert);

  CREATE TABLE checkpoints (
    name        TEXT PRIMARY KEY,
    at          INTEGER NOT NULL,
    data        BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE settings (
    name        TEXT PRIMARY KEY,
    value       TEXT NOT NULL      -- JSON
  ) STRICT, WITHOUT ROWID;

  -- What response has decided about, per alert: highest severity and mode (as ranks), number of credentials.
  CREATE TABLE decided (
    alert       TEXT PRIMARY KEY,
    severity    INTEGER NOT NULL,
    mode        INTEGER NOT NULL,
    credentials INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Every call to an issuer, written before it is made.
  CREATE TABLE outbox (
    key         TEXT PRIMARY KEY,  -- idempotency key
    cause       TEXT NOT NULL,     -- the alert's or the command's id
    action      TEXT NOT NULL,     -- revoke | restore | notify
    credential  TEXT NOT NULL,
    agent       TEXT NOT NULL,
    peer_group  TEXT NOT NULL,
    detail      TEXT NOT NULL,     -- revoke, restore: what will be done, in words; notify: the JSON to send
    position    INTEGER NOT NULL,  -- order inside the plan
    state       TEXT NOT NULL,     -- planned | approved | calling | called | verified | failed | expired
    decided_by  TEXT,              -- 'automatic', or a person's name
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL,  -- not called before
    expires_at  INTEGER,           -- an approval that nobody gave by then is refused
    owner       TEXT,              -- the process that is calling, and until when it may
    owned_until INTEGER,
    note        TEXT,              -- the proof, or the last error
    event_at    INTEGER,           -- event time of the offending event
    alert_at    INTEGER NOT NULL,
    decided_at  INTEGER,
    called_at   INTEGER,
    done_at     INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX outbox_by_state ON outbox (state, due_at);
  CREATE INDEX outbox_by_cause ON outbox (cause, position);
  CREATE INDEX outbox_by_credential ON outbox (credential);
  CREATE INDEX outbox_by_decision ON outbox (decided_by, decided_at);

  -- Append-only: each hash covers the entry and the hash before it.
  CREATE TABLE audit (
    seq         INTEGER PRIMARY KEY,
    entry       TEXT NOT NULL,     -- JSON, exactly as it was hashed
    hash        TEXT NOT NULL,
    cause       TEXT GENERATED ALWAYS AS (json_extract(entry, '$.cause')) VIRTUAL
  ) STRICT;
  CREATE INDEX audit_by_cause ON audit (cause);
  `,
  `
  -- What is known of each principal and peer group, beside the checkpoint 'local'.
  CREATE TABLE baselines (
    kind        TEXT NOT NULL,     -- principal | group
    name        TEXT NOT NULL,
    peers       TEXT,              -- name of its group
    zone        TEXT,
    state       BLOB NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT;
  `,
  `
  -- What came of people's words that came over Kafka, newest only; also keeps a word from being obeyed twice.
  CREATE TABLE answers (
    word        TEXT PRIMARY KEY,  -- its id
    at          INTEGER NOT NULL,
    answer      TEXT NOT NULL      -- JSON
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_time ON answers (at);
  `,
  `
  -- Dead letters that a person wants replayed, each once.
  CREATE TABLE replays (
    seq         INTEGER PRIMARY KEY,
    source      TEXT NOT NULL,
    position    INTEGER NOT NULL,
    hash        TEXT NOT NULL,
    letter      TEXT NOT NULL,     -- JSON
    at          INTEGER NOT NULL,
    outcome     TEXT,              -- NULL = not done yet | used | gone | unusable: REASON
    UNIQUE (source, position, hash)
  ) STRICT;
  CREATE INDEX replays_to_do ON replays (seq) WHERE outcome IS NULL;
  `,
  `
  -- What waits for Elasticsearch where there is no Kafka.
  CREATE TABLE outgoing (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,     -- alert | document
    name        TEXT NOT NULL UNIQUE,
    body        TEXT NOT NULL      -- JSON
  ) STRICT;
  CREATE INDEX outgoing_by_kind ON outgoing (kind, seq);
  `,
  `
  -- When its issuer was seen to know the credential, before the call; only where no longer knowing it is the proof.
  ALTER TABLE outbox ADD COLUMN seen_at INTEGER;
  `,
  `
  -- What a step is, for code to decide by; NULL in rows that an earlier version wrote, also in those that still come over Kafka from one.
  ALTER TABLE outbox ADD COLUMN step TEXT;     -- id of the step in its credential's list: the same for each call that makes or undoes it
  ALTER TABLE outbox ADD COLUMN spec TEXT;     -- JSON: that step as the registry had it, without secrets and defaults
  ALTER TABLE outbox ADD COLUMN kind TEXT;     -- revoke | rotate | notice | page
  ALTER TABLE outbox ADD COLUMN origin TEXT;   -- alert | order | drill | rotation
  ALTER TABLE outbox ADD COLUMN waits INTEGER; -- 1: its last attempt had to wait, and has not failed
  `,
  `
  -- What the bytes of a baseline's state mean.
  CREATE TABLE layouts (
    id          TEXT PRIMARY KEY,
    description TEXT NOT NULL      -- JSON
  ) STRICT, WITHOUT ROWID;
  -- Id of its layout; NULL where an earlier version wrote the row.
  ALTER TABLE baselines ADD COLUMN layout TEXT;
  `,
  `
  -- All NULL in rows that an earlier version wrote.
  ALTER TABLE outbox ADD COLUMN grave INTEGER;       -- 1: it may take the place that the limits keep for grave alerts
  ALTER TABLE outbox ADD COLUMN asked INTEGER;       -- how often a person was asked
  ALTER TABLE outbox ADD COLUMN known_until INTEGER; -- event time of the last evidence when it was decided
  ALTER TABLE outbox ADD COLUMN again_at INTEGER;    -- nothing was done: when it is looked at whether misuse goes on
  CREATE INDEX outbox_to_ask ON outbox (again_at) WHERE again_at IS NOT NULL;
  -- What is to be made, in its order; pages once more, since they go first; and what waits for a person.
  CREATE INDEX outbox_to_make ON outbox (action, decided_at, cause, position, due_at, origin, state, done_at)
    WHERE done_at IS NULL AND state <> 'planned';
  CREATE INDEX outbox_pages ON outbox (action, due_at, cause, kind, position, done_at)
    WHERE done_at IS NULL AND action = 'notify' AND (kind = 'page' OR (kind IS NULL AND position = 100));
  CREATE INDEX outbox_overdue ON outbox (state, expires_at) WHERE state = 'planned';
  `,
];
