package io.olapsync.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.OlapSync;
import io.olapsync.testkit.RedisServer;
import io.olapsync.testkit.TcpProxy;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The service as it runs: on a port, on real servers, configured by properties. */
@Timeout(60)
class HostApplicationTest {

    private static final int GATE = 4711;
    private static final RedisServer REDIS = TestServers.redis();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final TestDatabase db = TestServers.postgres().newDatabase();
    private ConfigurableApplicationContext service;

    @BeforeEach
    void start() {
        db.execute(
                "CREATE TABLE shop (id int PRIMARY KEY, name text)",
                "CREATE TABLE sale (id int PRIMARY KEY, shop_id int, amount int)",
                "INSERT INTO shop VALUES (1, '서울'), (2, 'Busan')",
                "INSERT INTO sale VALUES (1, 1, 10), (2, 2, 20)",
                "CREATE FUNCTION gate() RETURNS int LANGUAGE plpgsql AS $$ BEGIN"
                        + " PERFORM pg_advisory_xact_lock_shared(" + GATE + "); RETURN 0; END $$",
                "CREATE MATERIALIZED VIEW dim_shop AS SELECT id, name FROM shop",
                "CREATE UNIQUE INDEX ON dim_shop (id)",
                "CREATE MATERIALIZED VIEW mv_sales AS SELECT d.id, sum(s.amount) + gate() AS amount"
                        + " FROM sale s JOIN dim_shop d ON d.id = s.shop_id GROUP BY d.id",
                "CREATE UNIQUE INDEX ON mv_sales (id)");
        service = run(db.jdbcUrl());
    }

    private static ConfigurableApplicationContext run(String jdbcUrl, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--spring.datasource.url=" + jdbcUrl,
                "--spring.datasource.username=postgres",
                "--olap-sync.redis-uri=" + REDIS.uri(),
                "--spring.main.banner-mode=off"));
        arguments.addAll(List.of(more));
        return SpringApplication.run(HostApplication.class, arguments.toArray(String[]::new));
    }

    @AfterEach
    void stop() {
        service.close();
        db.close();
    }

    @Test
    void health_follows_the_data_and_is_never_a_reason_to_restart() throws Exception {
        HttpResponse<String> before = get("/actuator/health");
        assertThat(json(before).at("/components/olapSync/status").asString()).isEqualTo("STALE");
        assertThat(before.statusCode()).isEqualTo(200);

        assertThat(service.getBean(OlapSync.class).runFull().succeeded()).isTrue();

        JsonNode after = json(get("/actuator/health"));
        assertThat(after.at("/components/olapSync/status").asString()).isEqualTo("UP");
        assertThat(after.at("/components/olapSync/details/views/mv_sales").asString())
                .isEqualTo("healthy");
        JsonNode document = json(get("/olap/health"));
        assertThat(document.get("health").asString()).isEqualTo("healthy");
        assertThat(document.at("/schedules/0/schedule").asString()).isEqualTo("0 3 * * * UTC");
    }

    @Test
    void database_that_is_away_is_told_to_the_load_balancer_and_the_data_is_unknown() throws Exception {
        URI url = URI.create(db.jdbcUrl().substring("jdbc:".length()));
        service.close();
        try (TcpProxy link = TcpProxy.to(url.getHost(), url.getPort())) {
            service = run(
                    db.jdbcUrl().replace(":" + url.getPort() + "/", ":" + link.port() + "/"),
                    "--spring.datasource.hikari.connection-timeout=500");
            assertThat(get("/actuator/health").statusCode()).isEqualTo(200);
            link.cut();

            HttpResponse<String> away = get("/actuator/health");

            assertThat(away.statusCode()).as(away.body()).isEqualTo(503);
            assertThat(json(away).at("/components/db/status").asString()).isEqualTo("DOWN");
            assertThat(json(away).at("/components/olapSync/status").asString()).isEqualTo("UNKNOWN");
            assertThat(get("/olap/health").statusCode()).isEqualTo(200);
            service.close();
        }
    }

    @Test
    void actuator_has_the_meters_of_the_engine() throws Exception {
        assertThat(service.getBean(OlapSync.class).runFull().succeeded()).isTrue();

        JsonNode refreshes = json(get("/actuator/metrics/olapsync.refresh?tag=view:mv_sales&tag=outcome:completed"));

        assertThat(refreshes.at("/measurements/0/statistic").asString()).isEqualTo("COUNT");
        assertThat(refreshes.at("/measurements/0/value").asInt()).isEqualTo(1);
        assertThat(get("/actuator/metrics/olapsync.view.staleness").statusCode())
                .isEqualTo(200);
    }

    @Test
    void call_refreshes_a_view_with_what_it_reads() throws Exception {
        db.execute("INSERT INTO shop VALUES (3, 'Jeju')", "INSERT INTO sale VALUES (3, 3, 30)");

        JsonNode answer = json(post("/olap/refresh/mv_sales"));

        assertThat(answer.get(0).get("view").asString()).isEqualTo("mv_sales");
        assertThat(answer.get(0).get("status").asString()).isEqualTo("completed");
        assertThat(db.queryForLong("SELECT amount FROM mv_sales WHERE id = 3")).isEqualTo(30);
        assertThat(post("/olap/refresh/mv_unknown").statusCode()).isEqualTo(404);
    }

    @Test
    void service_that_is_stopped_lets_its_refresh_end() throws Exception {
        CompletableFuture<HttpResponse<String>> answer;
        CompletableFuture<Void> stopped;
        try (Connection gate = db.connect();
                Statement statement = gate.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(" + GATE + ")");
            answer = HTTP.sendAsync(
                    HttpRequest.newBuilder(uri("/olap/refresh/mv_sales"))
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            db.await("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND objid = "
                    + GATE);
            stopped = CompletableFuture.runAsync(service::close);
            assertThat(answer).isNotDone();
        }
        stopped.get(40, TimeUnit.SECONDS);
        assertThat(answer.get(10, TimeUnit.SECONDS).body()).contains("completed");
        assertThat(db.queryForLong("SELECT count(*) FROM olap_sync.run WHERE status = 'completed'"))
                .isOne();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HTTP.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(uri(path))
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        String port = service.getEnvironment().getProperty("local.server.port");
        return URI.create("http://127.0.0.1:" + port + path);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return JsonMapper.shared().readTree(answer.body());
    }
}
