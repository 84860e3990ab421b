package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.RefreshException;
import io.olapsync.testkit.EmbeddedPostgres;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class DoctorConnectionTest {

    private final Clinic clinic = new Clinic();

    @AfterEach
    void close() {
        clinic.close();
    }

    private PGSimpleDataSource driver() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(clinic.database().jdbcUrl());
        return source;
    }

    private static List<Finding> examine(DataSource source) {
        return Clinic.examine(PostgresDoctor.of(source));
    }

    @Test
    void direct_connection_is_fine() {
        assertThat(examine(driver())).isEmpty();
    }

    @Test
    void pool_of_the_host_is_no_transaction_pooler_and_gets_its_connections_back() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(driver());
        config.setMaximumPoolSize(3);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            assertThat(examine(pool)).isEmpty();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
        }
    }

    @Test
    void pool_with_one_connection_is_examined_with_that_one() {
        HikariConfig config = new HikariConfig();
        config.setDataSource(driver());
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(500);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            assertThat(examine(pool)).isEmpty();
            assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
        }
    }

    @Test
    void data_source_that_always_hands_out_the_same_connection_is_no_transaction_pooler() throws SQLException {
        try (Connection only = clinic.database().connect()) {
            assertThat(examine(Clinic.supplying(() -> unclosable(only)))).isEmpty();
        }
    }

    @Test
    void pooler_that_takes_its_server_processes_in_turn_is_found() throws SQLException {
        try (Connection one = clinic.database().connect();
                Connection other = clinic.database().connect()) {
            AtomicInteger next = new AtomicInteger();
            assertPoolerFound(
                    Clinic.supplying(() -> pooled(() -> next.getAndIncrement() % 2 == 0 ? one : other)), "process");
        }
    }

    @Test
    void pooler_is_found_by_a_lone_connection_that_changes_its_server_process() throws SQLException {
        try (Connection one = clinic.database().connect();
                Connection other = clinic.database().connect()) {
            AtomicInteger next = new AtomicInteger();
            Connection lone = pooled(() -> next.getAndIncrement() % 2 == 0 ? one : other);
            assertPoolerFound(
                    Clinic.supplying(() -> lone),
                    "one connection was served by different server processes in different transactions");
        }
    }

    @Test
    void pooler_with_a_single_server_process_is_found() throws SQLException {
        try (Connection only = clinic.database().connect()) {
            assertPoolerFound(
                    Clinic.supplying(() -> pooled(() -> only)),
                    "two open connections were served by one server process");
        }
    }

    private static void assertPoolerFound(DataSource source, String symptom) {
        assertThat(examine(source)).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo("transaction-pooler");
            assertThat(f.severity()).isEqualTo(Severity.WARNING);
            assertThat(f.problem()).contains(symptom, "EACH works", "TOGETHER needs");
            assertThat(f.remedy()).contains("pool_mode=session");
        });
    }

    /** A client connection of a transaction pooler: each transaction goes to the server connection that is next. */
    private static Connection pooled(Clinic.Connections servers) throws SQLException {
        Connection[] current = {servers.next()};
        return proxy((proxy, method, arguments) -> switch (method.getName()) {
            case "isWrapperFor" -> false;
            case "close" -> null;
            case "rollback", "commit" -> {
                Object result = arguments == null ? method.invoke(current[0]) : method.invoke(current[0], arguments);
                if (arguments == null) {
                    current[0] = servers.next();
                    current[0].setAutoCommit(false);
                }
                yield result;
            }
            default -> method.invoke(current[0], arguments);
        });
    }

    private static Connection unclosable(Connection connection) {
        return proxy((proxy, method, arguments) ->
                method.getName().equals("close") ? null : method.invoke(connection, arguments));
    }

    private static Connection proxy(java.lang.reflect.InvocationHandler handler) {
        return (Connection) Proxy.newProxyInstance(
                DoctorConnectionTest.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) -> {
                    try {
                        return handler.invoke(proxy, method, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void socket_timeout_below_the_statement_timeout_is_found_and_the_remedy_ends_it() {
        PGSimpleDataSource source = driver();
        source.setSocketTimeout(10);
        PostgresDoctor doctor = PostgresDoctor.builder(source)
                .statementTimeout(Duration.ofMinutes(5))
                .build();

        Finding finding = Clinic.examine(doctor).get(0);
        assertThat(finding.code()).isEqualTo("socket-timeout");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.problem()).contains("after 10000 ms", "300000 ms");

        source.setSocketTimeout(firstNumber("socketTimeout=(\\d+)", finding.remedy()));
        assertThat(Clinic.examine(doctor)).isEmpty();
    }

    @Test
    void socket_timeout_without_any_statement_timeout_is_found_and_either_remedy_ends_it() {
        PGSimpleDataSource source = driver();
        source.setSocketTimeout(10);
        Finding finding = examine(source).get(0);
        assertThat(finding.problem()).contains("no statement timeout is set");

        source.setOptions("-c statement_timeout=9s");
        assertThat(examine(source)).isEmpty();
        source.setOptions("");
        source.setSocketTimeout(firstNumber("socketTimeout=(\\d+)", finding.remedy()));
        assertThat(examine(source)).isEmpty();
    }

    private static int firstNumber(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    @Test
    void database_that_is_read_only_by_default_is_found_and_the_remedy_ends_it() {
        clinic.execute("ALTER DATABASE " + clinic.database().name() + " SET default_transaction_read_only = on");

        Finding finding = examine(driver()).get(0);
        assertThat(finding.code()).isEqualTo("read-only");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThatThrownBy(() -> clinic.execute("CREATE TABLE t ()"))
                .rootCause()
                .hasMessageContaining("read-only");
        clinic.execute("SET TRANSACTION READ WRITE; CREATE TABLE t ()"); // as the library does
        clinic.follow(finding);
        assertThat(examine(driver())).isEmpty();
    }

    @Test
    void role_that_is_read_only_by_default_is_found_with_its_own_remedy() {
        String role = clinic.createRole("LOGIN SUPERUSER PASSWORD 'secret'");
        clinic.execute("ALTER ROLE " + role + " SET default_transaction_read_only = on");
        PGSimpleDataSource source = driver();
        source.setUser(Clinic.bare(role));
        source.setPassword("secret");

        Finding finding = examine(source).get(0);
        assertThat(finding.remedy()).endsWith("ALTER ROLE " + role + " RESET default_transaction_read_only;");
        clinic.follow(finding);
        assertThat(examine(source)).isEmpty();
    }

    @Test
    void data_source_that_hands_out_read_only_connections_is_found() {
        PGSimpleDataSource source = driver();
        source.setReadOnly(true);

        assertThat(examine(source)).singleElement().satisfies(f -> {
            assertThat(f.code()).isEqualTo("read-only");
            assertThat(f.problem()).contains("the data source hands out read-only connections");
        });
    }

    @Test
    void counting_that_is_off_is_found_and_the_remedy_ends_it() {
        clinic.execute("ALTER DATABASE " + clinic.database().name() + " SET track_counts = off");

        Finding finding = examine(driver()).get(0);
        assertThat(finding.code()).isEqualTo("track-counts-off");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        clinic.follow(finding);
        assertThat(examine(driver())).isEmpty();
    }

    @Test
    void transaction_timeout_below_the_statement_timeout_is_found_and_the_remedy_ends_it() {
        assumeTrue(clinic.major() >= 17, "transaction_timeout came with 17");
        clinic.execute("ALTER DATABASE " + clinic.database().name() + " SET transaction_timeout = '1min'");

        Finding finding = examine(driver()).get(0);
        assertThat(finding.code()).isEqualTo("transaction-timeout");
        assertThat(finding.problem()).contains("after 60000 ms");
        clinic.follow(finding);
        assertThat(examine(driver())).isEmpty();
    }

    @Test
    void standby_is_found_until_it_is_promoted() throws IOException, SQLException {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            assertThat(examine(server.dataSource())).isEmpty();
            Path data = Path.of(query(server.dataSource(), "SHOW data_directory"));
            server.stop();
            Files.createFile(data.resolve("standby.signal"));
            server.restart();

            assertThat(examine(server.dataSource())).singleElement().satisfies(f -> {
                assertThat(f.code()).isEqualTo("standby");
                assertThat(f.severity()).isEqualTo(Severity.ERROR);
                assertThat(f.remedy()).contains("targetServerType=primary");
            });

            query(server.dataSource(), "SELECT pg_promote()");
            assertThat(examine(server.dataSource())).isEmpty();
        }
    }

    private static String query(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void server_that_cannot_be_asked_is_an_error_and_no_finding() {
        PGSimpleDataSource source = driver();
        source.setDatabaseName("no such database");

        assertThatThrownBy(() -> PostgresDoctor.of(source).examine(Set.of()))
                .isInstanceOf(RefreshException.class)
                .hasMessageContaining("no such database");
    }

    @Test
    void examination_changes_neither_data_nor_session() throws SQLException {
        clinic.execute(
                "CREATE TABLE t (id int)",
                "CREATE MATERIALIZED VIEW v AS SELECT id FROM t",
                "CREATE UNIQUE INDEX ON v (id)");
        try (Connection only = clinic.database().connect()) {
            String before = settings(only);
            String snapshot = clinic.database().queryForString("SELECT pg_current_snapshot()::text");

            Clinic.examine(PostgresDoctor.of(Clinic.supplying(() -> unclosable(only))), "v");

            assertThat(only.getAutoCommit()).isTrue();
            assertThat(settings(only)).isEqualTo(before);
            assertThat(clinic.database().queryForString("SELECT pg_current_snapshot()::text"))
                    .isEqualTo(snapshot);
        }
    }

    private static String settings(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery(
                        "SELECT string_agg(name || '=' || setting, ';' ORDER BY name) FROM pg_settings")) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void report_shows_the_worst_first_with_its_remedy() {
        clinic.execute("ALTER DATABASE " + clinic.database().name() + " SET default_transaction_read_only = on");
        clinic.run("SET default_transaction_read_only = off; ALTER DATABASE "
                + clinic.database().name() + " SET track_counts = off;");

        assertThat(DoctorReport.text(Clinic.examine(PostgresDoctor.of(driver()), "nowhere")))
                .startsWith("ERROR   missing-view nowhere\n    there is no materialized view")
                .contains("\n    -> SET default_transaction_read_only = off; ALTER DATABASE ")
                .contains("\nWARNING track-counts-off\n")
                .contains("\nWARNING read-only\n    default_transaction_read_only is on")
                .endsWith("\nDoctor: 1 error, 2 warning");
        assertThat(DoctorReport.text(List.of())).isEqualTo("Doctor: nothing found");
    }
}
