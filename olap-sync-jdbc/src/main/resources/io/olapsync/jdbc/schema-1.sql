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
    dead_rows    bigint      NOT NULL,  -- rows deleted by refreshes since the last VACUUM of ours
    refreshed_at timestamptz NOT NULL,
    duration     interval    NOT NULL,
    run_id       uuid        NOT NULL,
    unannounced  boolean     NOT NULL,  -- changed by a host without a cache; the next that has one invalidates
    PRIMARY KEY (view_schema, view_name)
);

-- Committed changes whose cached results are not invalidated yet: added with the data, removed after the invalidation.
CREATE TABLE IF NOT EXISTS olap_sync.invalidation (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view_schema text        NOT NULL,
    view_name   text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
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
    PRIMARY KEY (run_id, step)
);
CREATE INDEX IF NOT EXISTS step_view ON olap_sync.step (view_schema, view_name, started_at DESC);

-- Every refresh on one line, for people and dashboards.
CREATE OR REPLACE VIEW olap_sync.refresh_history AS
SELECT r.plan, r.kind, r.trigger, s.run_id, s.step, s.view_schema, s.view_name, s.status, s.started_at, s.ended_at,
       s.row_count, s.inserted, s.updated, s.deleted, s.duration, s.as_of, s.attempts, s.sqlstate, s.error, r.process
  FROM olap_sync.step s
  JOIN olap_sync.run r USING (run_id)
 WHERE s.view_name IS NOT NULL;

INSERT INTO olap_sync.schema_version (version) VALUES (1) ON CONFLICT DO NOTHING;
