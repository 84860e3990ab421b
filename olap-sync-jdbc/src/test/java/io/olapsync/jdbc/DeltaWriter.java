package io.olapsync.jdbc;

import io.olapsync.testkit.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;

/**
 * One of those who write the shop's tables: two transactions at a time, of any length, that commit, roll back, and roll back
 * in part, in no order. What the server refuses (a key that is taken, a row that is locked) ends the transaction.
 */
final class DeltaWriter implements AutoCloseable {

    private static final int RELOADS = 250;
    private static final int TRIES = 20;

    private final Random random;
    private final Connection[] connections = new Connection[2];
    private final boolean merges;
    private int reloaded;

    DeltaWriter(TestDatabase db, long seed) {
        this.random = new Random(seed);
        this.merges = db.queryForLong("SELECT current_setting('server_version_num')::bigint") >= 150_000;
        for (int i = 0; i < connections.length; i++) {
            connections[i] = db.connect();
            try (Statement statement = connections[i].createStatement()) {
                statement.execute("SET lock_timeout = '30ms'; SET deadlock_timeout = '20ms'");
                connections[i].setAutoCommit(false);
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Writes so many statements, and commits what is open then. */
    void write(int steps) throws SQLException {
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(RELOADS) == 0) {
                reload();
            } else {
                step(connections[random.nextInt(connections.length)]);
            }
        }
        commit();
    }

    private void commit() throws SQLException {
        for (Connection connection : connections) {
            connection.commit();
        }
    }

    /**
     * As hosts load anew: the old go and others come in one transaction. To readers whose snapshot is older, all are gone then
     * (TRUNCATE is not MVCC-safe). It waits for all who have written items: so it is tried until one comes through.
     */
    private void reload() throws SQLException {
        commit();
        int before = reloaded;
        int first = of(300);
        for (int tries = 0; tries < TRIES && reloaded == before; tries++) {
            attempt(connections[0], statement -> {
                statement.execute("TRUNCATE items");
                statement.execute(
                        "INSERT INTO items SELECT row_number() OVER (), id, day, 'kind ' || id % 6, nullif(id % 7, 0)"
                                + " FROM (SELECT id, day FROM orders WHERE id >= " + first
                                + " LIMIT 200 FOR KEY SHARE SKIP LOCKED) o");
                connections[0].commit();
                reloaded++;
            });
        }
    }

    private void step(Connection connection) throws SQLException {
        attempt(connection, statement -> {
            int what = random.nextInt(100);
            if (what < 22) {
                connection.commit();
            } else if (what < 26) {
                connection.rollback();
            } else if (what < 30) {
                statement.execute("SAVEPOINT s");
                statement.execute(dml());
                statement.execute(random.nextBoolean() ? "ROLLBACK TO s" : "RELEASE s");
            } else {
                statement.execute(dml());
            }
        });
    }

    private interface Work {
        void with(Statement statement) throws SQLException;
    }

    private void attempt(Connection connection, Work work) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            work.with(statement);
        } catch (SQLException e) {
            if (List.of("42", "XX", "08")
                    .contains(String.valueOf(e.getSQLState()).substring(0, 2))) {
                throw e;
            }
            connection.rollback();
        }
    }

    private int of(int bound) {
        return 1 + random.nextInt(bound);
    }

    private String customer() {
        return random.nextInt(12) == 0 ? "NULL" : String.valueOf(of(45));
    }

    /** Often none: so that groups come that have nothing else, and that others lose their last one. */
    private String price() {
        return random.nextInt(3) == 0 ? "NULL" : String.valueOf(of(50));
    }

    private String dml() {
        int id = of(330);
        int item = of(650);
        String order = "(SELECT id FROM orders WHERE id >= " + of(300) + " ORDER BY id LIMIT 1)";
        return switch (random.nextInt(merges ? 27 : 26)) {
            case 0, 1, 2 ->
                "INSERT INTO orders VALUES (" + id + ", " + customer() + ", " + random.nextInt(100) + ", " + of(500)
                        + ") ON CONFLICT (id, day) DO UPDATE SET amount = orders.amount + 1";
            case 3, 4 -> "UPDATE orders SET amount = amount + " + of(9) + " WHERE id = " + id;
            case 5, 6 -> "UPDATE orders SET customer = " + customer() + " WHERE id = " + id;
            case 7 -> "UPDATE orders SET day = (day + 50) % 100 WHERE id = " + id;
            case 8 -> "UPDATE orders SET id = id + 331 WHERE id = " + id;
            case 9 -> "DELETE FROM orders WHERE id = " + id;
            case 10 -> "UPDATE orders SET amount = amount * -1 WHERE customer = " + of(45);
            case 11 -> "UPDATE orders_1 SET amount = 7 WHERE id = " + id;
            case 12 -> "DELETE FROM orders_2 WHERE id = " + id;
            case 13, 14 ->
                "INSERT INTO items SELECT " + item + ", id, day, "
                        + (random.nextInt(6) == 0 ? "NULL" : "'kind " + of(6) + "'") + ", " + price()
                        + " FROM orders WHERE id = " + order + " ON CONFLICT (item) DO NOTHING";
            case 15 -> "UPDATE items SET price = price + 1, kind = 'kind " + of(6) + "' WHERE item = " + item;
            case 16 -> "UPDATE items SET price = " + price() + " WHERE item = " + item;
            case 17 ->
                "UPDATE items SET (order_id, day) = (SELECT id, day FROM orders WHERE id = " + order
                        + " LIMIT 1) WHERE item = " + item;
            case 18 -> "DELETE FROM items WHERE item = " + item;
            case 19 -> "DELETE FROM items WHERE item % 20 = " + random.nextInt(20);
            case 20 ->
                "INSERT INTO customers VALUES (" + of(45) + ", " + of(6) + ", 'n" + of(9) + "') ON CONFLICT (customer)"
                        + " DO UPDATE SET name = excluded.name, region = excluded.region";
            case 21 -> "UPDATE customers SET region = nullif(" + of(7) + ", 7) WHERE customer = " + of(45);
            case 22 -> random.nextInt(3) == 0 ? "DELETE FROM customers WHERE customer = " + of(45) : "SELECT 1";
            case 23 ->
                "INSERT INTO regions VALUES (" + of(6) + ", 'r" + of(99)
                        + "') ON CONFLICT (region) DO UPDATE SET label =" + " excluded.label";
            case 24 -> random.nextInt(4) == 0 ? "DELETE FROM regions WHERE region = " + of(6) : "SELECT 1";
            case 25 -> "UPDATE items SET price = 3 WHERE item < " + of(20);
            default ->
                "MERGE INTO customers c USING (SELECT " + of(45) + " AS customer, " + of(6) + " AS region) n"
                        + " ON c.customer = n.customer WHEN MATCHED AND n.region = 6 THEN DELETE"
                        + " WHEN MATCHED THEN UPDATE SET region = n.region"
                        + " WHEN NOT MATCHED THEN INSERT VALUES (n.customer, n.region, 'merged')";
        };
    }

    /** How many times all items were replaced. */
    int reloaded() {
        return reloaded;
    }

    @Override
    public void close() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
