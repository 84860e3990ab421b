-- The tables of olap-sync, version 1. Run by the library, or by a migration tool: both may, in any order, any number of times.
CREATE SCHEMA IF NOT EXISTS olap_sync;

CREATE TABLE IF NOT EXISTS olap_sync.schema_version (
    version      integer     PRIMARY KEY,
    installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What a view shows. Written by the transaction that refreshes the view, so it is true exactly when the data is.
CREATE TABLE IF NOT EXISTS olap_sync.view_state (
    view_schema  text        NOT NULL,
    view_name    text        NOT NULL,
    snapshot     pg_snapshot NOT NULL,  -- a change by transaction x is in the view if pg_visible_in_snapshot(x, snapshot)
    as_of        timestamptz NOT NULL,  -- the database's clock when the snapshot was taken
    xid          xid8        NOT NULL,  -- the refreshing transaction itself
    catalog_xmin bigint      NOT NULL,  -- who wrote the view's row in pg_class: it, or a subtransaction of it
    row_count    bigint      NOT NULL,
    filenode     oid         NOT NULL,  -- the file it was left in; another one means that somebody else rewrote the view
    dead_rows    bigint      NOT NULL,  -- rows deleted by refreshes since it is in that file
    refreshed_at timestamptz NOT NULL,
    duration     interval    NOT NULL,
    run_id       uuid        NOT NULL,
    unannounced  boolean     NOT NULL,  -- changed by a host without a cache; the next that has one invalidates
    last_change  xid8        NOT NULL,  -- the last refreshing transaction that may have changed its rows
    PRIMARY KEY (view_schema, view_name)
);

-- How many of the dead rows were there at the last VACUUM of ours. Apart from view_state: a refresh on a snapshot must not fail because
-- the one before is being cleaned up behind.
CREATE TABLE IF NOT EXISTS olap_sync.view_vacuum (
    view_schema text   NOT NULL,
    view_name   text   NOT NULL,
    filenode    oid    NOT NULL,
    dead_rows   bigint NOT NULL,
    PRIMARY KEY (view_schema, view_name)
);

-- Until when nothing had changed since a refresh. Apart from view_state: a commit of several views must not fail because somebody
-- has just found that one of them need not be refreshed.
CREATE TABLE IF NOT EXISTS olap_sync.view_confirmation (
    view_schema  text        NOT NULL,
    view_name    text        NOT NULL,
    xid          xid8        NOT NULL,  -- the transaction of that refresh; where it is not the view's last one, this says nothing
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (view_schema, view_name)
);

-- Committed changes whose cached results are not invalidated yet: added with the data, removed after the invalidation.
CREATE TABLE IF NOT EXISTS olap_sync.invalidation (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view_schema text        NOT NULL,
    view_name   text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The transactions of the library itself. Where no others ended since a view was refreshed, its sources are as they were.
CREATE TABLE IF NOT EXISTS olap_sync.own_transaction (
    transaction xid8    NOT NULL DEFAULT pg_current_xact_id(),
    view_schema text    NOT NULL DEFAULT '',     -- with view_name the view that it refreshed; '': it wrote these tables only
    view_name   text    NOT NULL DEFAULT '',
    changed     boolean NOT NULL DEFAULT false,  -- whether that may have changed rows of the view
    PRIMARY KEY (transaction, view_schema, view_name)
);

-- Refreshes that were asked for, until what the view and all beneath it show covers them.
CREATE TABLE IF NOT EXISTS olap_sync.refresh_order (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view_schema text        NOT NULL,
    view_name   text        NOT NULL,
    transaction xid8        NOT NULL DEFAULT pg_current_xact_id(),
    not_before  timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason      text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS refresh_order_view ON olap_sync.refresh_order (view_schema, view_name);

-- What holds a view back, for all processes.
CREATE TABLE IF NOT EXISTS olap_sync.view_control (
    view_schema  text        NOT NULL,
    view_name    text        NOT NULL,
    failures     integer     NOT NULL DEFAULT 0,   -- in a row
    suspended_at timestamptz,
    suspended_by xid8,                             -- the transaction that counted the last failure
    paused_at    timestamptz,
    pause_reason text        NOT NULL DEFAULT '',
    PRIMARY KEY (view_schema, view_name)
);

-- When events for a view last arrived. Apart from view_control: it is written all the time, and a commit of several views
-- must not fail because somebody wrote the row that it resets.
CREATE TABLE IF NOT EXISTS olap_sync.view_event (
    view_schema text        NOT NULL,
    view_name   text        NOT NULL,
    event_at    timestamptz NOT NULL,
    PRIMARY KEY (view_schema, view_name)
);

-- The last tick of each schedule that a process has claimed, for it alone to act on.
CREATE TABLE IF NOT EXISTS olap_sync.tick (
    plan       text        NOT NULL,
    schedule   text        NOT NULL,
    tick       timestamptz NOT NULL,
    claimed_at timestamptz NOT NULL,
    process    text        NOT NULL,
    run_id     uuid,                  -- the run that was begun for it, or the last one before
    note       text        NOT NULL,  -- why none was begun for it
    PRIMARY KEY (plan, schedule)
);

CREATE TABLE IF NOT EXISTS olap_sync.run (
    run_id     uuid        PRIMARY KEY,
    plan       text        NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('full', 'incremental', 'event')),
    trigger    text        NOT NULL,
    status     text        NOT NULL CHECK (status IN ('running', 'completed', 'failed', 'rejected', 'cancelled', 'abandoned')),
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    process    text        NOT NULL,
    error      text,
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp()  -- the last sign of life, by the database's clock
);
CREATE INDEX IF NOT EXISTS run_plan_started_at ON olap_sync.run (plan, started_at DESC);
CREATE INDEX IF NOT EXISTS run_seen_at ON olap_sync.run (seen_at);

CREATE TABLE IF NOT EXISTS olap_sync.step (
    run_id      uuid        NOT NULL REFERENCES olap_sync.run ON DELETE CASCADE,
    step        text        NOT NULL,
    view_schema text,
    view_name   text,
    status      text        NOT NULL CHECK (status IN ('running', 'completed', 'skipped', 'failed', 'abandoned')),
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    row_count   bigint,
    inserted    bigint,
    updated     bigint,
    deleted     bigint,
    duration    interval,
    snapshot    text,
    as_of       timestamptz,
    attempts    integer     NOT NULL,
    sqlstate    text,
    error       text,
    way         text        CHECK (way IN ('nothing', 'additive', 'keys', 'full')),  -- null: no delta table
    reason      text,       -- of the way
    keys        bigint,     -- that had changed, or groups
    drift       bigint,     -- rows that nothing had called for, and that were mended
    PRIMARY KEY (run_id, step)
);
CREATE INDEX IF NOT EXISTS step_view ON olap_sync.step (view_schema, view_name, started_at DESC);

-- What is wrong, for all processes: one row from the first failure to the success that ends it.
CREATE TABLE IF NOT EXISTS olap_sync.incident (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan        text        NOT NULL,
    topic       text        NOT NULL,  -- refresh, drift, check, run, staleness, schedule, target_lag, store
    subject     text        NOT NULL,  -- the view, the check, the kind of run, the schedule
    opened_at   timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,  -- its last failure
    resolved_at timestamptz,           -- null while it is open
    times       bigint      NOT NULL,
    run_id      uuid,                  -- of the last failure, as what follows
    attempts    integer     NOT NULL,
    error       text        NOT NULL,
    sqlstate    text,
    remedy      text,
    process     text        NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS incident_open ON olap_sync.incident (plan, topic, subject) WHERE resolved_at IS NULL;
CREATE INDEX IF NOT EXISTS incident_latest ON olap_sync.incident (plan, topic, subject, id);

-- What each notifier was told of an incident. What is to be told is the difference.
CREATE TABLE IF NOT EXISTS olap_sync.incident_told (
    incident_id  bigint      NOT NULL REFERENCES olap_sync.incident ON DELETE CASCADE,
    notifier     text        NOT NULL,
    opened_at    timestamptz NOT NULL,          -- when it was told of the failure
    recovered_at timestamptz,                   -- when it was told that it is over
    summary      boolean     NOT NULL,          -- the last of them in a summary
    PRIMARY KEY (incident_id, notifier)
);

-- Which process tells a notifier now, and for how long unless it goes on.
CREATE TABLE IF NOT EXISTS olap_sync.alert_turn (
    plan     text        NOT NULL,
    notifier text        NOT NULL,
    holder   text        NOT NULL,
    ends_at  timestamptz NOT NULL,
    PRIMARY KEY (plan, notifier)
);

-- The delta tables: each a table in the place of a materialized view. Its definition is kept as the view definition_<id>; the
-- keys that its next refresh has to recompute can be seen in the view keys_<id>.
CREATE TABLE IF NOT EXISTS olap_sync.delta_table (
    id          integer     PRIMARY KEY,
    view_schema text        NOT NULL,
    view_name   text        NOT NULL,
    key_columns text[]      NOT NULL,
    declared    jsonb       NOT NULL,               -- as it was declared, for people and for comparison
    aging       text,                               -- a condition on the rows that change with the time alone
    timed       boolean     NOT NULL,               -- whether its definition depends on the time
    pushed_down text        CHECK (pushed_down IN ('array', 'each', 'none')), -- how keys are to be asked for so that the server does not
                                                    -- compute all for them; null: the next refresh, of all of it, finds out
    additive    boolean     NOT NULL,               -- whether its sums can be maintained from the changes alone
    -- What its rows show. Written by the transaction that refreshes it, so it is true exactly when the data is.
    shown       pg_snapshot,                        -- null: nothing is known, and the next refresh looks at all of it
    shown_by    xid8,                               -- the refreshing transaction itself,
    own         integer[]   NOT NULL DEFAULT '{}',  -- and the captures of which it had seen the changes it made itself
    sources     text,                               -- what the tables it reads, their triggers and its definition were
    full_micros bigint,                             -- what the last recomputation of all took
    key_micros  double precision,                   -- what one key took of late
    change_micros double precision,                 -- what one change took of late, where sums were maintained
    refused     integer     NOT NULL DEFAULT 0,     -- refreshes since a way was tried that was expected to take longer than all
    in_vain     integer     NOT NULL DEFAULT 0,     -- such tries, in a row, that took longer, indeed
    room        boolean     NOT NULL DEFAULT false, -- whether the library has chosen its fillfactor, which a reversion then takes back
    UNIQUE (view_schema, view_name)
);

-- What is captured of the tables that delta tables read: these columns of the changed rows, in the table changes_<id>. By triggers, or by
-- the events that say so.
CREATE TABLE IF NOT EXISTS olap_sync.capture (
    id           integer PRIMARY KEY,
    table_schema text    NOT NULL,
    table_name   text    NOT NULL,
    columns      text[]  NOT NULL,                  -- none: only that something has changed
    images       boolean NOT NULL,                  -- whether each image of a row is kept, and not just which values there were
    fed          boolean NOT NULL,                  -- whether events say what has changed, and there are no triggers
    most_bytes   bigint  NOT NULL,                  -- from this size of that table on nothing more is kept
    resumed      xid8    NOT NULL DEFAULT '0',      -- every transaction that may have kept nothing, because of an overflow, is older
    UNIQUE (table_schema, table_name, columns, images, fed)
);

-- Transactions that found more changes of a capture than are kept. As long as there is one, others keep nothing of what they change,
-- and all of each delta table is recomputed at its refresh.
CREATE TABLE IF NOT EXISTS olap_sync.capture_overflow (
    capture_id integer NOT NULL,                    -- no foreign key: a writer waits for nobody
    xid        xid8    NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS capture_overflow_capture ON olap_sync.capture_overflow (capture_id, xid);

CREATE TABLE IF NOT EXISTS olap_sync.delta_source (
    delta_id   integer NOT NULL REFERENCES olap_sync.delta_table ON DELETE CASCADE,
    capture_id integer NOT NULL REFERENCES olap_sync.capture,
    PRIMARY KEY (delta_id, capture_id)
);
CREATE INDEX IF NOT EXISTS delta_source_capture ON olap_sync.delta_source (capture_id);

-- Keeps people from writing a delta table by mistake, as they cannot write a materialized view. Its trigger names the table's id.
CREATE OR REPLACE FUNCTION olap_sync.guard_delta_table() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF pg_catalog.current_setting('olap_sync.refreshing', true) IS DISTINCT FROM TG_NAME THEN
        RAISE EXCEPTION '%.% is a delta table of olap-sync: it is written by its refresh alone', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'wrong_object_type',
                  HINT = 'Write the tables that it reads. Its definition is the view olap_sync.definition_' || substring(TG_NAME FROM '[0-9]+$');
    END IF;
    RETURN NULL;
END $$;

-- Every refresh on one line, for people and dashboards.
CREATE OR REPLACE VIEW olap_sync.refresh_history AS
SELECT r.plan, r.kind, r.trigger, s.run_id, s.step, s.view_schema, s.view_name, s.status, s.started_at, s.ended_at,
       s.row_count, s.inserted, s.updated, s.deleted, s.way, s.reason, s.keys, s.drift, s.duration, s.as_of, s.attempts, s.sqlstate, s.error, r.process
  FROM olap_sync.step s
  JOIN olap_sync.run r USING (run_id)
 WHERE s.view_name IS NOT NULL;

INSERT INTO olap_sync.schema_version (version) VALUES (1) ON CONFLICT DO NOTHING;
