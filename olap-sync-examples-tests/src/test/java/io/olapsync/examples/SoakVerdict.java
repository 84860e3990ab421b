package io.olapsync.examples;

import io.olapsync.examples.star.StarForecast;
import io.olapsync.examples.star.StarSchema;
import io.olapsync.spi.RowDelta;
import io.olapsync.testkit.EmbeddedRedis;
import io.olapsync.testkit.RedisErrorException;
import io.olapsync.testkit.TestDatabase;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** What must be true when a soak is over, by what the database and the stream say. */
final class SoakVerdict {

    private static final Duration CATCHING_UP = Duration.ofMinutes(2);
    private static final String GROUP = EventFeed.GROUP;

    /** Facts that do not show the last change of a dimension. */
    private static final String BEHIND = """
            SELECT count(*) FROM olap_sync.view_state fact, olap_sync.view_state dim
             WHERE fact.view_name LIKE 'mv%' AND dim.view_name LIKE 'dim%' AND dim.last_change <> fact.last_change
               AND NOT pg_visible_in_snapshot(dim.last_change, fact.snapshot)""";

    /** Refreshes of one view by the log of states: the later took its snapshot before the earlier had committed. */
    private static final String OVERLAPS = "SELECT earlier.view_name, earlier.as_of, earlier.refreshed_at, later.as_of"
            + " FROM refreshed earlier JOIN refreshed later USING (view_name) WHERE earlier.n < later.n"
            + " AND earlier.xid <> later.xid AND (later.as_of < earlier.refreshed_at"
            + " OR NOT pg_visible_in_snapshot(earlier.xid, later.snapshot))";

    /**
     * No view is refreshed for events within a debounce of its last refresh. Not by {@code as_of}: that is a little later
     * than the snapshot that is recorded, which is the one that counts. With who did both, and why.
     */
    private static final String TOO_SOON =
            "SELECT view_name, began, gap, (SELECT string_agg(h.trigger || ' ' || h.run_id"
                    + " || ' by ' || h.process, ', ' ORDER BY h.started_at) FROM olap_sync.refresh_history h"
                    + " WHERE h.view_name = r.view_name AND h.as_of IN (r.as_of, r.before)) FROM (SELECT view_name, began, as_of,"
                    + " lag(as_of) OVER w before, began - lag(began) OVER w gap FROM refreshed"
                    + " WHERE as_of >= ?::timestamptz AND view_name IN ('mv_business_fact', 'mv_cashflow_fact')"
                    + " WINDOW w AS (PARTITION BY view_name ORDER BY n)) r"
                    + " WHERE gap < ? * interval '1 ms'";

    private final TestDatabase db;
    private final EmbeddedRedis redis;

    SoakVerdict(TestDatabase db, EmbeddedRedis redis) {
        this.db = db;
        this.redis = redis;
    }

    /** Each commit of a state adds a line, in the same transaction. */
    void recordRefreshes() {
        db.execute(
                "CREATE TABLE refreshed (n bigint GENERATED ALWAYS AS IDENTITY, view_name text, xid xid8,"
                        + " snapshot pg_snapshot, began timestamptz, as_of timestamptz,"
                        + " refreshed_at timestamptz)",
                "CREATE FUNCTION record_refresh() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO public.refreshed (view_name, xid, snapshot, began, as_of, refreshed_at)"
                        + " VALUES (NEW.view_name, NEW.xid, NEW.snapshot, now(), NEW.as_of, NEW.refreshed_at);"
                        + " RETURN NULL; END $$",
                "CREATE TRIGGER record_refresh AFTER INSERT OR UPDATE OF snapshot ON olap_sync.view_state"
                        + " FOR EACH ROW EXECUTE FUNCTION record_refresh()");
    }

    /** Waits until every event is done with, and says how long that took. */
    Duration awaitEverythingDone() {
        long began = System.nanoTime();
        while (!pending().isEmpty()) {
            if (System.nanoTime() - began > CATCHING_UP.toNanos()) {
                throw new AssertionError("After " + CATCHING_UP + " there are still " + pending());
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private String pending() {
        try {
            long rows = db.queryForLong("SELECT count(*) FROM event_outbox WHERE done_at IS NULL");
            if (rows > 0) {
                return rows + " rows in the outbox";
            }
            List<?> pending = (List<?>) redis.command("XPENDING", SoakProcess.STREAM, GROUP);
            if (!pending.get(0).equals(0L)) {
                return pending.get(0) + " pending messages";
            }
            // Not the lag: what was read after a rewrite of the log does not count any more once the server was killed.
            List<?> group = (List<?>) ((List<?>) redis.command("XINFO", "GROUPS", SoakProcess.STREAM)).get(0);
            List<?> stream = (List<?>) redis.command("XINFO", "STREAM", SoakProcess.STREAM);
            Object delivered = group.get(group.indexOf("last-delivered-id") + 1);
            Object last = stream.get(stream.indexOf("last-generated-id") + 1);
            if (!last.equals(delivered)) {
                return "undelivered messages, from " + delivered + " to " + last;
            }
            long open = db.queryForLong("SELECT count(*) FROM olap_sync.refresh_order") + db.queryForLong(BEHIND);
            if (open > 0) {
                return open + " orders, and views behind others";
            }
            long running = db.queryForLong(
                    "SELECT count(*) FROM olap_sync.run WHERE status = 'running' AND seen_at > clock_timestamp() - interval '10 s'");
            return running == 0 ? "" : running + " runs";
        } catch (IllegalStateException | UncheckedIOException | RedisErrorException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** What is not as it must be; empty where all is well. */
    List<String> faults(String since) throws SQLException {
        List<String> faults = new ArrayList<>();
        try (Connection connection = db.connect()) {
            for (Map.Entry<String, RowDelta> view : StarForecast.of(connection).entrySet()) {
                if (!view.getValue().equals(RowDelta.NONE)) {
                    faults.add(view.getKey() + " differs from its definition by " + view.getValue());
                }
            }
        }
        db.rows(OVERLAPS).forEach(row -> faults.add("refreshed twice at once: " + row));
        db.rows(TOO_SOON, since, SoakProcess.QUIET.toMillis())
                .forEach(row -> faults.add("refreshed sooner than debounce allows: " + row));
        Object aside = redis.command("XLEN", SoakProcess.STREAM + ":dead");
        if (!Long.valueOf(0).equals(aside)) {
            faults.add(aside + " messages were set aside");
        }
        db.rows("SELECT view_name, reason FROM olap_sync.refresh_order")
                .forEach(row -> faults.add("an order is left: " + row));
        return faults;
    }

    /** How often each view was refreshed since then. */
    String refreshes(String since) {
        StringBuilder all = new StringBuilder();
        for (String view : StarSchema.VIEWS) {
            all.append(all.isEmpty() ? "" : ", ")
                    .append(view)
                    .append(' ')
                    .append(db.queryForLong(
                            "SELECT count(DISTINCT xid) FROM refreshed WHERE view_name = ? AND as_of >= ?::timestamptz",
                            view,
                            since));
        }
        return all.toString();
    }
}
