package io.olapsync.jdbc.internal.delta;

import io.olapsync.jdbc.Verification;
import io.olapsync.jdbc.Verification.Example;
import io.olapsync.jdbc.Verification.Kind;
import io.olapsync.jdbc.internal.Rows;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compares a view with its definition, in the one snapshot of a transaction that only reads. */
public final class Verifying {

    private static final String FOUND = """
            SELECT c.relkind, c.relispopulated, %s,
                   CASE c.relkind WHEN 'm' THEN pg_catalog.rtrim(pg_catalog.pg_get_viewdef(c.oid), '; ') END
              FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = ? AND c.relname = ?""".formatted(DeltaNames.IS_DELTA_TABLE);

    private final Connection connection;
    private final int examples;
    private final int keys;

    private Verifying(Connection connection, int examples, int keys) {
        this.connection = connection;
        this.examples = examples;
        this.keys = keys;
    }

    /**
     * In this transaction.
     *
     * @param examples how many of each kind
     * @param keys how many keys of a delta table; 0: all
     */
    public static Verifying of(Connection connection, int examples, int keys) {
        return new Verifying(connection, examples, keys);
    }

    /** The answer for a view that cannot be compared. */
    public static Verification problem(ViewName view, String problem) {
        return new Verification(view, 0, 0, 0, 0, 0, false, List.of(), Optional.of(problem));
    }

    private record Found(boolean materialized, boolean populated, boolean delta, String definition) {}

    /** Compares it. */
    public Verification verify(ViewName view) throws SQLException {
        Optional<Found> found = found(view);
        if (found.isEmpty()) {
            return problem(view, "there is no such view");
        }
        if (found.get().delta()) {
            return delta(view);
        }
        if (!found.get().materialized()) {
            return problem(view, "it is no materialized view and no delta table");
        }
        return found.get().populated()
                ? materialized(view, found.get().definition())
                : problem(view, "it was never populated");
    }

    private Optional<Found> found(ViewName view) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(FOUND)) {
            select.setString(1, view.schema());
            select.setString(2, view.name());
            return Rows.all(
                            select,
                            row -> new Found(
                                    row.getString(1).equals("m"),
                                    row.getBoolean(2),
                                    row.getBoolean(3),
                                    String.valueOf(row.getString(4))))
                    .stream()
                    .findFirst();
        }
    }

    private Verification materialized(ViewName view, String definition) throws SQLException {
        List<Column> columns = new Sources(connection)
                .columns(view).stream().map(Sources.SourceColumn::column).toList();
        Comparison comparison = new Comparison(view, columns, Identity.of(connection, view), examples);
        return run(view, comparison.of("(\n" + definition + "\n)"), false);
    }

    private Verification delta(ViewName view) throws SQLException {
        Optional<Registry.Installed> installed =
                Registry.installed(connection, view).filter(one -> one.definition() != 0);
        Optional<DeltaTable> loaded = installed.isEmpty()
                ? Optional.empty()
                : DeltaTable.load(connection, installed.get().id());
        if (loaded.isEmpty()) {
            return problem(view, "olap_sync.delta_table says nothing of it, or its definition has gone");
        }
        DeltaTable table = loaded.get();
        int id = table.id();
        Choice choice = Choice.before(table, Seen.at(connection, id).changes(), true);
        Comparison comparison = new Comparison(view, table.columns(), table.identityPlaces(), examples)
                .called(table, choice.comparable());
        if (keys == 0) {
            return run(view, comparison.of(DeltaNames.definition(id)), false);
        }
        Keys sample = Keys.read(connection, table, Sample.of(connection, table, keys), keys);
        return run(view, comparison.of(new Difference(table), sample, id), true);
    }

    private Verification run(ViewName view, String sql, boolean sampled) throws SQLException {
        List<Example> found = new ArrayList<>();
        try (Statement select = connection.createStatement();
                ResultSet row = select.executeQuery(sql)) {
            long[] counts = new long[5];
            while (row.next()) {
                for (int i = 0; i < counts.length; i++) {
                    counts[i] = row.getLong(i + 1);
                }
                example(row).ifPresent(found::add);
            }
            return new Verification(
                    view, counts[0], counts[1], counts[2], counts[3], counts[4], sampled, found, Optional.empty());
        }
    }

    private static Optional<Example> example(ResultSet row) throws SQLException {
        String op = row.getString(6);
        if (op == null) {
            return Optional.empty();
        }
        Kind kind = op.equals("i") ? Kind.MISSING : op.equals("d") ? Kind.SURPLUS : Kind.DIFFERENT;
        return Optional.of(new Example(
                kind, row.getBoolean(7), Optional.ofNullable(row.getString(8)), Optional.ofNullable(row.getString(9))));
    }
}
