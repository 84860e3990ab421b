package io.olapsync.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.olapsync.SyncPlan;
import io.olapsync.report.PlanJson;
import io.olapsync.report.StatusPage;
import io.olapsync.testkit.ChildJvm;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PlainHostTest {

    @Test
    void service_answers_with_the_health_of_its_data_and_with_a_page() throws Exception {
        try (TestDatabase db = TestServers.postgres().newDatabase()) {
            db.execute(
                    "CREATE TABLE t (a int PRIMARY KEY)",
                    "CREATE MATERIALIZED VIEW mv AS SELECT a FROM t",
                    "CREATE UNIQUE INDEX ON mv (a)");
            SyncPlan plan = SyncPlan.named("매출").view("mv").build();
            try (PlainHost host =
                    new PlainHost(plan, db.jdbcUrl(), TestServers.redis().uri(), 0, Optional.empty())) {
                host.start();
                assertThat(get(host, "/health").body()).contains("\"health\":\"stale\"", "nightly");

                assertThat(host.sync().runFull().succeeded()).isTrue();

                assertThat(get(host, "/health").body()).contains("\"health\":\"healthy\"");
                HttpResponse<String> page = get(host, "/");
                assertThat(page.body()).contains("매출").contains("mv");
                assertThat(page.headers().firstValue("Content-Security-Policy"))
                        .contains(StatusPage.contentSecurityPolicy());
            }
        }
    }

    @Test
    void names_that_somebody_else_led_here_and_other_paths_are_not_answered() throws Exception {
        try (TestDatabase db = TestServers.postgres().newDatabase();
                PlainHost host = new PlainHost(
                        SyncPlan.named("p").view("mv").build(),
                        db.jdbcUrl(),
                        TestServers.redis().uri(),
                        0,
                        Optional.empty())) {
            host.start();
            assertThat(get(host, "/favicon.ico").statusCode()).isEqualTo(404);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), host.port())) {
                socket.getOutputStream()
                        .write("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .startsWith("HTTP/1.1 403")
                        .doesNotContain("views");
            }
        }
    }

    @Test
    void what_has_just_failed_is_told_to_slack_before_the_service_ends() throws Exception {
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        HttpServer slack = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        slack.createContext("/services/x", exchange -> {
            told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        slack.start();
        String webhook = "http://127.0.0.1:" + slack.getAddress().getPort() + "/services/x";
        try (TestDatabase db = TestServers.postgres().newDatabase()) {
            db.execute(
                    "CREATE TABLE t (a int PRIMARY KEY)",
                    "CREATE MATERIALIZED VIEW mv AS SELECT a, 1 / a AS b FROM t",
                    "CREATE UNIQUE INDEX ON mv (a)",
                    "INSERT INTO t VALUES (0)");
            try (PlainHost host = new PlainHost(
                    SyncPlan.named("p").view("mv").build(),
                    db.jdbcUrl(),
                    TestServers.redis().uri(),
                    0,
                    Optional.of(webhook))) {
                host.start();
                assertThat(host.sync().runFull().succeeded()).isFalse();
            }
            assertThat(told).singleElement().asString().contains("[p] FAILED: mv cannot be refreshed");
        } finally {
            slack.stop(0);
        }
    }

    @Test
    void process_says_where_it_is_and_ends_in_order_on_sigterm(@TempDir Path folder) throws Exception {
        Path plan = Files.writeString(
                folder.resolve("plan.json"),
                PlanJson.write(SyncPlan.named("p").view("mv").build()));
        try (TestDatabase db = TestServers.postgres().newDatabase();
                ChildJvm host = ChildJvm.of(PlainHost.class)
                        .args(plan.toString(), db.jdbcUrl(), TestServers.redis().uri(), "0")
                        .start()) {
            String url = host.awaitLine(line -> line.startsWith("http://localhost:"), Duration.ofSeconds(30));
            HttpResponse<String> health = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(url + "health")).build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(health.body()).contains("0 3 * * * UTC");

            host.terminate();

            assertThat(host.exitCode(Duration.ofSeconds(30))).isEqualTo(128 + 15);
        }
    }

    private static HttpResponse<String> get(PlainHost host, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + host.port() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
