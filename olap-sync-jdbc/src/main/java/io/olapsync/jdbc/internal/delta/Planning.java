package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.internal.Together;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How the server plans what is computed for a few keys or changes. By default it takes every page for one that has to be
 * fetched from a disk that turns, and so reads whole tables for a hundredth of their rows, starts parallel processes and
 * compiles, each of which takes longer than what it is to speed up. But what belongs to rows that have just been written is
 * in memory.
 *
 * <p>A statement that was prepared is planned as the host has it, so that the server can keep a plan for any keys, which takes it for one of ten:
 * making one takes as long as computing dozens of keys. For more than {@link #MOST_FOR_ANY} it is planned anew for the keys that there are.
 *
 * <p>What is asked of the catalog before that is the other way round: it takes longer to plan than to execute, and any plan will do.
 */
final class Planning {

    private static final String OWN = """
            WITH before AS MATERIALIZED (
                SELECT pg_catalog.current_setting('random_page_cost') AS random_page,
                       pg_catalog.current_setting('parallel_setup_cost') AS parallel,
                       pg_catalog.current_setting('jit_above_cost') AS jit,
                       pg_catalog.current_setting('plan_cache_mode') AS cached)
            SELECT random_page, parallel, jit, cached, pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true)
              FROM before""";

    private static final String FOR_FEW = """
            WITH before AS MATERIALIZED (
                SELECT pg_catalog.current_setting('random_page_cost')::float8 AS random_page,
                       pg_catalog.current_setting('seq_page_cost')::float8 AS seq_page,
                       pg_catalog.current_setting('parallel_setup_cost')::float8 AS parallel,
                       pg_catalog.current_setting('jit_above_cost')::float8 AS jit)
            SELECT pg_catalog.set_config('plan_cache_mode', ?, true),
                   pg_catalog.set_config('random_page_cost', least(random_page, 0.25 * seq_page)::text, true),
                   pg_catalog.set_config('parallel_setup_cost', greatest(parallel, 100000)::text, true),
                   pg_catalog.set_config('jit_above_cost',
                       CASE WHEN jit < 0 THEN jit ELSE greatest(jit, 1000000) END::text, true)
              FROM before""";

    /** For more keys than these the plan for any is not good enough. */
    static final int MOST_FOR_ANY = 256;

    /** SQL: plans anew whatever is executed from now on in this transaction. */
    static final String ANEW = "SET LOCAL plan_cache_mode = force_custom_plan";

    private final List<String> before;

    private Planning(List<String> before) {
        this.before = List.copyOf(before);
    }

    /** Plans what the library asks for itself once, from now on in this transaction; tells how it was before. */
    static Together.Query<Planning> ofOwn() {
        return new Together.Query<>(
                OWN,
                (statement, first) -> first,
                row -> new Planning(List.of(row.getString(1), row.getString(2), row.getString(3), row.getString(4))));
    }

    /** Plans for few keys, from now on in this transaction. */
    Together.Query<Boolean> forFew() {
        return forFew("");
    }

    /** The same after other statements, which give no rows. */
    Together.Query<Boolean> forFew(String preceding) {
        return new Together.Query<>(
                preceding + FOR_FEW,
                (statement, first) -> {
                    statement.setString(first, before.get(3));
                    return first + 1;
                },
                row -> true);
    }

    /** SQL: puts all back as it was, for what else is in the transaction; gives no rows. */
    String restoration() {
        List<String> settings = List.of("random_page_cost", "parallel_setup_cost", "jit_above_cost", "plan_cache_mode");
        return IntStream.range(0, before.size())
                .mapToObj(i -> "SET LOCAL " + settings.get(i) + " = " + Texts.literal(before.get(i)))
                .collect(Collectors.joining("; "));
    }
}
