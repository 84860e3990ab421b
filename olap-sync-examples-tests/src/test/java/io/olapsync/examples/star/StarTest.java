package io.olapsync.examples.star;

import io.olapsync.spi.RowDelta;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A database of its own for each test, and the refreshes that the tests of the star need. */
abstract class StarTest {

    static final long SEED = 20_260_101;

    TestDatabase database;
    Connection connection;

    @BeforeEach
    void connect() {
        database = TestServers.postgres().newDatabase();
        connection = database.connect();
    }

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
        database.close();
    }

    void createAndLoad(int stakeholders) throws SQLException {
        StarSchema.create(connection);
        new StarData(SEED, stakeholders).load(connection);
    }

    void populate() {
        for (String view : StarSchema.VIEWS) {
            database.execute("REFRESH MATERIALIZED VIEW public." + view);
        }
    }

    /** All views in one snapshot and one commit. */
    void refreshTogether(Connection on) throws SQLException {
        Transactions.inOne(on, tx -> {
            StarSchema.execute(tx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            for (String view : StarSchema.VIEWS) {
                StarSchema.execute(tx, "REFRESH MATERIALIZED VIEW CONCURRENTLY public." + view);
            }
            return true;
        });
    }

    /** Refreshes each view by itself and counts what the server says it wrote. */
    Map<String, RowDelta> refreshEach() throws SQLException {
        Map<String, RowDelta> deltas = new LinkedHashMap<>();
        for (String view : StarSchema.VIEWS) {
            deltas.put(view, Transactions.inOne(connection, tx -> {
                RowDelta before = written(tx, view);
                StarSchema.execute(tx, "REFRESH MATERIALIZED VIEW CONCURRENTLY public." + view);
                RowDelta after = written(tx, view);
                return new RowDelta(after.inserted() - before.inserted(), 0, after.deleted() - before.deleted());
            }));
        }
        return deltas;
    }

    private static RowDelta written(Connection tx, String view) throws SQLException {
        String sql = "SELECT n_tup_ins, n_tup_del FROM pg_stat_xact_all_tables" + " WHERE relid = 'public." + view
                + "'::regclass";
        try (Statement statement = tx.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new RowDelta(row.getLong(1), 0, row.getLong(2));
        }
    }
}
