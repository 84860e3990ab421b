package io.olapsync.examples.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.SyncPlan;
import io.olapsync.report.StatusPage;
import io.olapsync.testkit.TestDatabase;
import io.olapsync.testkit.TestServers;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

    private static HttpResponse<String> get(PlainHost host, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + host.port() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
