package io.olapsync.examples;

import io.olapsync.jdbc.OutboxTable;
import io.olapsync.jdbc.PostgresTransactions;
import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** A user of the OLTP tables: small business changes with their events, at a steady pace, whatever happens to the server. */
final class SoakWriter implements Runnable {

    private static final int MOST_PER_TRANSACTION = 20;
    private static final String SOME_DAY = "date '2024-01-01' + %d";

    private final TestDatabase db;
    private final int number;
    private final int writers;
    private final int events;
    private final Duration during;
    private final Random random;
    private volatile int written;
    private volatile int failed;

    SoakWriter(TestDatabase db, int number, int writers, int events, Duration during, long seed) {
        this.db = db;
        this.number = number;
        this.writers = writers;
        this.events = events;
        this.during = during;
        this.random = new Random(seed * 31 + number);
    }

    /** How many events it has committed. */
    int written() {
        return written;
    }

    /** How many transactions broke off. */
    int failed() {
        return failed;
    }

    @Override
    public void run() {
        long began = System.nanoTime();
        while (written < events) {
            try (Connection connection = db.pooledDataSource().getConnection()) {
                connection.setAutoCommit(false);
                while (written < events) {
                    int many = Math.min(1 + random.nextInt(MOST_PER_TRANSACTION), events - written);
                    write(connection, many);
                    connection.commit();
                    written += many;
                    long due = began + during.toNanos() / events * written;
                    LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
                }
            } catch (SQLException e) {
                failed++;
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    private void write(Connection tx, int many) throws SQLException {
        for (int i = 0; i < many; i++) {
            int dice = random.nextInt(100);
            if (dice < 60) {
                cashFlow(tx);
            } else if (dice < 75) {
                status(tx);
            } else if (dice < 85) {
                stakeholder(tx);
            } else if (dice < 95) {
                performance(tx);
            } else {
                newCase(tx);
            }
        }
        if (random.nextInt(50) == 0) { // commits late, after many that began later
            execute(tx, "SELECT pg_sleep(0.4)");
        }
    }

    /** A case that no other writer updates. */
    private String someCase() {
        return "(SELECT case_id FROM cases WHERE case_id % " + writers + " = " + number + " ORDER BY abs(case_id - "
                + random.nextInt(200) + ") LIMIT 1)";
    }

    private String someDay() {
        return SOME_DAY.formatted(random.nextInt(700));
    }

    private void cashFlow(Connection tx) throws SQLException {
        execute(
                tx,
                "INSERT INTO cash_flow_entries (case_id, booked_on, direction, category, amount) VALUES ("
                        + someCase() + ", " + someDay() + ", '" + (random.nextBoolean() ? "in" : "out") + "', 'soak', "
                        + random.nextInt(1_000_000) + ")");
        append(tx, "cash_flow_entry_created");
    }

    private void status(Connection tx) throws SQLException {
        boolean closes = random.nextInt(4) == 0;
        execute(
                tx,
                "UPDATE cases SET status = '"
                        + (closes ? "closed', closed_on = " + someDay() : "opened', closed_on = NULL")
                        + " WHERE case_id = " + someCase());
        append(tx, "case_status_changed");
    }

    private void stakeholder(Connection tx) throws SQLException {
        execute(
                tx,
                "INSERT INTO stakeholders (case_id, stakeholder_type, name, status, claim_amount) VALUES (" + someCase()
                        + ", 'bank', '은행', 'registered', " + random.nextInt(1_000_000) + ")");
        append(tx, "stakeholder_registered");
    }

    private void performance(Connection tx) throws SQLException {
        execute(
                tx,
                "INSERT INTO performance_records (case_id, due_on, performed_on, planned_amount, paid_amount) VALUES ("
                        + someCase() + ", " + someDay() + ", " + someDay() + ", 1, " + random.nextInt(1_000_000) + ")");
        append(tx, "performance_recorded");
    }

    private void newCase(Connection tx) throws SQLException {
        newCase(tx, random.nextInt(40) == 0 ? "A-" + number + "-" + random.nextInt(1_000_000) : "soak");
    }

    /** A case of an organisation that sorts before all others. */
    void newOrganisation(Connection tx) throws SQLException {
        newCase(tx, "A");
    }

    private void newCase(Connection tx, String org) throws SQLException {
        execute(
                tx,
                "INSERT INTO cases (case_no, case_type, title, org_code, org_name, status, opened_on) VALUES ('soak-"
                        + number + "-" + random.nextLong() + "', 'workout', 'soak', '" + org + "', '" + org
                        + "', 'filed', "
                        + someDay() + ")");
        append(tx, "case_created");
    }

    private static void append(Connection tx, String type) throws SQLException {
        PostgresTransactions.append(tx, OutboxTable.defaults(), type, "{}");
    }

    private static void execute(Connection tx, String sql) throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute(sql);
        }
    }
}
