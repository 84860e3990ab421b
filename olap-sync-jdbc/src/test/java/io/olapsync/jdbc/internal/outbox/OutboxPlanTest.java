package io.olapsync.jdbc.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each statement costs on a large table of which little is open. */
class OutboxPlanTest {

    private static final TestDatabase DATABASE = TestServers.postgres().newDatabase();
    private static final OutboxSql SQL = new OutboxSql(OutboxTable.defaults());

    @BeforeAll
    static void fill() {
        DATABASE.execute(
                OutboxTable.defaults().ddl(),
                "INSERT INTO event_outbox (event_type, done_at, claimed_until)"
                        + " SELECT 'a', CASE WHEN g % 1000 > 1 THEN clock_timestamp() END,"
                        + " CASE WHEN g % 1000 = 0 THEN clock_timestamp() END FROM generate_series(1, 100000) g",
                "VACUUM ANALYZE event_outbox");
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    static Stream<List<Object>> statements() {
        return Stream.of(
                List.of(SQL.claim(5), 100, 100, "me", 1_000_000L),
                List.of(SQL.pick(), 100, 100),
                List.of(SQL.prune(), 3_600_000_000L, 1_000),
                List.of(SQL.oldest()));
    }

    @ParameterizedTest
    @MethodSource("statements")
    void no_statement_reads_the_whole_table(List<Object> statement) throws SQLException {
        assertThat(plan(statement)).contains("Index").doesNotContain("Seq Scan");
    }

    private static String plan(List<Object> statement) throws SQLException {
        try (Connection connection = DATABASE.connect();
                PreparedStatement explain = connection.prepareStatement("EXPLAIN " + statement.get(0))) {
            for (int i = 1; i < statement.size(); i++) {
                explain.setObject(i, statement.get(i));
            }
            List<String> lines = new ArrayList<>();
            try (ResultSet rows = explain.executeQuery()) {
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
            }
            return String.join("\n", lines);
        }
    }
}
