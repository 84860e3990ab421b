package io.olapsync.jdbc.internal.delta;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/**
 * How the server plans what is computed for a few keys or changes. By default it takes every page for one that has to be
 * fetched from a disk that turns, and so reads whole tables for a hundredth of their rows, starts parallel processes and
 * compiles, each of which takes longer than what it is to speed up. But what belongs to rows that have just been written is
 * in memory. And a statement that was prepared is planned anew for the keys that there are: the server would else take the plan
 * for ten of them, which it thinks is cheaper.
 */
final class Planning {

    private static final String FOR_FEW = """
            WITH before AS MATERIALIZED (
                SELECT pg_catalog.current_setting('random_page_cost') AS random_page,
                       pg_catalog.current_setting('seq_page_cost')::float8 AS seq_page,
                       pg_catalog.current_setting('parallel_setup_cost') AS parallel,
                       pg_catalog.current_setting('jit_above_cost') AS jit,
                       pg_catalog.current_setting('plan_cache_mode') AS cached)
            SELECT random_page, parallel, jit, cached,
                   pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true),
                   pg_catalog.set_config('random_page_cost', least(random_page::float8, 0.25 * seq_page)::text, true),
                   pg_catalog.set_config('parallel_setup_cost', greatest(parallel::float8, 100000)::text, true),
                   pg_catalog.set_config('jit_above_cost',
                       CASE WHEN jit::float8 < 0 THEN jit ELSE greatest(jit::float8, 1000000)::text END, true)
              FROM before""";

    private static final String AS_BEFORE = "SELECT pg_catalog.set_config('random_page_cost', ?, true),"
            + " pg_catalog.set_config('parallel_setup_cost', ?, true), pg_catalog.set_config('jit_above_cost', ?, true),"
            + " pg_catalog.set_config('plan_cache_mode', ?, true)";

    private final List<String> before;

    private Planning(List<String> before) {
        this.before = List.copyOf(before);
    }

    /** From now on in this transaction; returns the settings as they were. */
    static Planning forFew(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FOR_FEW);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Planning(List.of(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
        }
    }

    /** Puts them back, for what else is in the transaction. */
    void restore(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(AS_BEFORE)) {
            for (int i = 0; i < before.size(); i++) {
                statement.setString(i + 1, before.get(i));
            }
            statement.execute();
        }
    }
}
