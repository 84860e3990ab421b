package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What lies between the library and the server, and which server it is. */
final class ConnectionRules {

    private static final Duration SLACK = Duration.ofSeconds(30);

    private ConnectionRules() {}

    static List<Rule> rules() {
        return List.of(
                Rule.once("standby", ConnectionRules::standby),
                Rule.once("read-only", ConnectionRules::readOnly),
                Rule.once("transaction-pooler", PoolerProbe::examine),
                Rule.once("socket-timeout", ConnectionRules::socketTimeout),
                Rule.once("transaction-timeout", ConnectionRules::transactionTimeout),
                Rule.once("track-counts-off", ConnectionRules::trackCounts));
    }

    private static void standby(Examination examination, Consumer<Finding> findings) {
        if (examination.server().standby()) {
            findings.accept(new Finding(
                    Severity.ERROR,
                    "standby",
                    null,
                    "the connection leads to a standby, which takes no REFRESH (25006).",
                    "Connect to the primary: name all hosts in the JDBC URL and add targetServerType=primary."));
        }
    }

    private static void readOnly(Examination examination, Consumer<Finding> findings) throws SQLException {
        Server.@Nullable Setting setting = examination.server().settings().get("default_transaction_read_only");
        if (examination.server().standby()) {
            return;
        }
        if (examination.connection().isReadOnly()) {
            findings.accept(readOnly(
                    "the data source hands out read-only connections",
                    "Take readOnly from the data source (HikariCP: setReadOnly(false), JDBC URL: readOnly=false)."));
        } else if (setting != null && setting.value().equals("on")) {
            findings.accept(readOnly(
                    "default_transaction_read_only is on for this connection",
                    // the session that follows this is read-only itself until told otherwise
                    "SET default_transaction_read_only = off; " + setting.remedy(examination.server(), "off")));
        }
    }

    private static Finding readOnly(String why, String remedy) {
        return new Finding(
                Severity.WARNING,
                "read-only",
                null,
                why
                        + ": somebody means this to be read alone. The library's own transactions say READ WRITE and refresh"
                        + " all the same; a REFRESH by anybody else fails (25006).",
                remedy);
    }

    private static void socketTimeout(Examination examination, Consumer<Finding> findings) throws SQLException {
        long socketMillis = examination.connection().getNetworkTimeout();
        Duration planned = examination.options().statementTimeout();
        long statementMillis = planned != null ? planned.toMillis() : millis(examination, "statement_timeout");
        if (socketMillis <= 0 || (statementMillis > 0 && socketMillis > statementMillis)) {
            return;
        }
        String statement = statementMillis > 0
                ? "the statement timeout is " + statementMillis + " ms"
                : "no statement timeout is set";
        long needed = Duration.ofMillis(statementMillis).plus(SLACK).toSeconds();
        findings.accept(new Finding(
                Severity.WARNING,
                "socket-timeout",
                null,
                "the driver gives up a connection after " + socketMillis + " ms without an answer (socketTimeout), and "
                        + statement + ": whoever refreshes for longer is told that it failed, while the server works on"
                        + " and keeps its locks. The library lifts the limit on its own connection while it refreshes,"
                        + " where the driver and the pool allow that; nobody else does.",
                statementMillis > 0
                        ? "Set socketTimeout=" + needed + " (seconds, 0 for none) in the JDBC URL or the data source."
                        : "Set socketTimeout=0 in the JDBC URL or the data source, or a statement timeout below "
                                + socketMillis + " ms."));
    }

    private static void transactionTimeout(Examination examination, Consumer<Finding> findings) {
        long limit = millis(examination, "transaction_timeout");
        Server.@Nullable Setting setting = examination.server().settings().get("transaction_timeout");
        Duration planned = examination.options().statementTimeout();
        long statement = planned != null ? planned.toMillis() : millis(examination, "statement_timeout");
        if (setting != null && limit > 0 && (statement == 0 || limit <= statement)) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "transaction-timeout",
                    null,
                    "transaction_timeout ends the whole transaction of a refresh, and its connection, after " + limit
                            + " ms, before its statement timeout does.",
                    setting.remedy(examination.server(), "0")));
        }
    }

    private static void trackCounts(Examination examination, Consumer<Finding> findings) {
        Server.@Nullable Setting setting = examination.server().settings().get("track_counts");
        if (setting != null && setting.value().equals("off")) {
            findings.accept(new Finding(
                    Severity.WARNING,
                    "track-counts-off",
                    null,
                    "track_counts is off: nobody knows how many rows a refresh wrote, so every refresh counts as a change"
                            + " and empties caches, and autovacuum does not run.",
                    setting.remedy(examination.server(), "on")));
        }
    }

    private static long millis(Examination examination, String name) {
        Server.@Nullable Setting setting = examination.server().settings().get(name);
        return setting == null ? 0 : Long.parseLong(setting.value());
    }

    /** The connection itself, whatever a pool wrapped around it. */
    static Connection bare(Connection connection) {
        try {
            return connection.isWrapperFor(Connection.class) ? connection.unwrap(Connection.class) : connection;
        } catch (SQLException e) {
            return connection;
        }
    }
}
