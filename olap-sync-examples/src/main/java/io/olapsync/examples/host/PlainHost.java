package io.olapsync.examples.host;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.lettuce.core.RedisClient;
import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresHistory;
import io.olapsync.jdbc.PostgresPlugin;
import io.olapsync.notify.SlackNotifier;
import io.olapsync.redis.RedisPlugin;
import io.olapsync.report.HealthJson;
import io.olapsync.report.PlanJson;
import io.olapsync.report.StatusPage;
import io.olapsync.schedule.Schedule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A service without a framework: the daily sync at 03:00 UTC, alerts to Slack, the health document at {@code /health} and the
 * status page at {@code /}, on the loopback address. It ends in order on SIGTERM.
 *
 * <p>{@code PlainHost <plan.json> <JDBC URL> <Redis URI> <port>}; the webhook is in the variable {@code SLACK_WEBHOOK}.
 */
public final class PlainHost implements AutoCloseable {

    /** A service on this machine is still open to other sites' scripts by a name that leads here; so the name is looked at. */
    private static final Pattern OURS = Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?");

    private final HikariDataSource pool;
    private final RedisClient redis;
    private final OlapSync sync;
    private final HttpServer http;

    PlainHost(SyncPlan plan, String jdbcUrl, String redisUri, int port, Optional<String> webhook) throws IOException {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(jdbcUrl);
        config.setInitializationFailTimeout(-1); // the service starts, and says so, while the database is away
        pool = new HikariDataSource(config);
        redis = RedisClient.create(redisUri);
        OlapSync.Builder builder = OlapSync.builder(plan)
                .install(PostgresPlugin.of(pool))
                .install(RedisPlugin.of(redis))
                .schedule(Schedule.of("nightly", "0 3 * * *"));
        webhook.ifPresent(
                url -> builder.alerts(Alerts.to(SlackNotifier.webhook(url).build())));
        sync = builder.build();
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        http.createContext("/", this::answer);
    }

    /** Begins to follow the schedule and to answer. */
    void start() {
        sync.start();
        http.start();
    }

    OlapSync sync() {
        return sync;
    }

    int port() {
        return http.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String host = exchange.getRequestHeaders().getFirst("Host");
            if (host == null || !OURS.matcher(host).matches()) {
                answer(exchange, 403, "text/plain", "only for this machine");
                return;
            }
            switch (exchange.getRequestURI().getPath()) {
                case "/health" -> answer(exchange, 200, "application/json", HealthJson.write(sync.health()));
                case "/" -> {
                    exchange.getResponseHeaders().set("Content-Security-Policy", StatusPage.contentSecurityPolicy());
                    StatusPage page = StatusPage.of(sync, PostgresHistory.of(pool));
                    answer(exchange, 200, "text/html", page.html());
                }
                default -> answer(exchange, 404, "text/plain", "the page is at /, the health at /health");
            }
        }
    }

    private static void answer(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    /** Asks for nothing more, lets running refreshes end, and then gives up what they used. */
    @Override
    public void close() {
        http.stop(0);
        sync.close();
        redis.shutdown();
        pool.close();
    }

    /** Runs until SIGTERM. */
    public static void main(String[] args) throws IOException {
        if (args.length != 4 || !args[3].matches("\\d{1,5}")) {
            System.err.println("PlainHost <plan.json> <JDBC URL> <Redis URI> <port>");
            System.exit(2);
        }
        PlainHost host = new PlainHost(
                PlanJson.read(Path.of(args[0])),
                args[1],
                args[2],
                Integer.parseInt(args[3]),
                Optional.ofNullable(System.getenv("SLACK_WEBHOOK")));
        Runtime.getRuntime().addShutdownHook(new Thread(host::close, "end of the service"));
        host.start();
        System.out.println("http://localhost:" + host.port() + "/");
    }
}
