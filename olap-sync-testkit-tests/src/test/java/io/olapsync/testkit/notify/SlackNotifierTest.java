package io.olapsync.testkit.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.olapsync.notify.SlackNotifier;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import io.olapsync.testkit.contract.NotifierContract;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against an HTTP server that speaks as Slack does. */
class SlackNotifierTest extends NotifierContract {

    private static final String SECRET = "/services/T0SECRET/B0SECRET/XXXXSECRETXXXX";

    /** How the server answers. */
    private interface Answer {
        void to(HttpExchange exchange) throws IOException, InterruptedException;
    }

    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final ThreadLocal<String> asked = new ThreadLocal<>();
    private final CountDownLatch released = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private SlackNotifier notifier;
    private volatile Answer answer = exchange -> reply(exchange, 200, "ok");

    @BeforeEach
    void start() throws IOException {
        listen(0);
        notifier = SlackNotifier.webhook(
                        "http://127.0.0.1:" + server.getAddress().getPort() + SECRET)
                .timeout(Duration.ofSeconds(2))
                .build();
        bodies.clear();
    }

    private void listen(int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(exchange.getRequestURI().getPath()).isEqualTo(SECRET);
            try {
                asked.set(body);
                answer.to(exchange);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                exchange.close();
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        released.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private void reply(HttpExchange exchange, int status, String body) throws IOException {
        if (status / 100 == 2) { // before the client has its answer and looks
            bodies.add(asked.get());
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    @Override
    protected Notifier notifier() {
        return notifier;
    }

    @Override
    protected List<String> received() {
        return bodies.stream()
                .map(body -> JsonMapper.shared().readTree(body).get("text").asString())
                .map(text -> text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
                .toList();
    }

    @Override
    protected void away() {
        answer = exchange -> reply(exchange, 500, "server_error");
    }

    @Override
    protected void refusing() {
        answer = exchange -> reply(exchange, 404, "no_service");
    }

    @Override
    protected void hanging() {
        answer = exchange -> released.await();
    }

    @Override
    protected void back() {
        answer = exchange -> reply(exchange, 200, "ok");
    }

    @Override
    protected List<String> secrets() {
        return List.of(SECRET, "T0SECRET", "B0SECRET", "XXXXSECRETXXXX");
    }

    @Test
    void text_is_escaped_and_neither_formatted_nor_linked() throws Exception {
        notifier.send(opened("mv_a", "<!channel> & a > b"));
        JsonNode sent = JsonMapper.shared().readTree(bodies.get(0));
        assertThat(sent.get("text").asString()).contains("&lt;!channel&gt; &amp; a &gt; b");
        assertThat(sent.get("mrkdwn").asBoolean()).isFalse();
        assertThat(sent.get("unfurl_links").asBoolean()).isFalse();
    }

    @Test
    void text_stays_below_the_limit_of_slack_with_its_escapes() throws Exception {
        notifier.send(opened("<".repeat(200), "&".repeat(100_000)));
        String text = JsonMapper.shared().readTree(bodies.get(0)).get("text").asString();
        assertThat(text).hasSizeLessThan(4_000).endsWith("…");
        assertThat(text.replaceAll("&(amp|lt|gt);", "")).doesNotContain("&");
    }

    @Test
    void retry_after_is_taken_in_seconds() {
        assertThat(retryAfter("17")).isEqualTo(Duration.ofSeconds(17));
    }

    @Test
    void retry_after_is_taken_as_a_date() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(90));
        assertThat(retryAfter(date)).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(91));
    }

    private Duration retryAfter(String header) {
        answer = exchange -> {
            exchange.getResponseHeaders().set("Retry-After", header);
            reply(exchange, 429, "rate_limited");
        };
        NotificationException failure = failure();
        assertThat(failure.mayBeRetried()).isTrue();
        return failure.retryAfter().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "", "99999999999999999999", "-5"})
    void retry_after_that_nobody_understands_is_ignored(String header) {
        answer = exchange -> {
            exchange.getResponseHeaders().set("Retry-After", header);
            reply(exchange, 429, "");
        };
        NotificationException failure = failure();
        assertThat(failure.mayBeRetried()).isTrue();
        assertThat(failure.retryAfter()).isEmpty();
    }

    @Test
    void refusal_has_the_word_of_slack_and_what_to_do() {
        refusing();
        assertThat(failure()).hasMessageContaining("404 (no_service)").hasMessageContaining("new incoming webhook");
    }

    @Test
    void redirect_is_not_followed() {
        answer = exchange -> {
            exchange.getResponseHeaders().set("Location", "http://127.0.0.1:1/elsewhere" + SECRET);
            reply(exchange, 307, "");
        };
        NotificationException failure = failure();
        assertThat(failure.mayBeRetried()).isFalse();
        assertThat(failure).hasMessageContaining("307").hasMessageNotContaining("SECRET");
    }

    @Test
    void refused_connection_is_tried_again_later() throws Exception {
        int port = server.getAddress().getPort();
        server.stop(0);
        assertThat(failure().mayBeRetried()).isTrue();
        listen(port);
        notifier.send(opened("mv_a", "back"));
        assertThat(received()).hasSize(1);
    }

    @Test
    void answer_without_end_is_not_waited_for() throws Exception {
        answer = exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("o".repeat(10_000).getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            released.await();
        };
        notifier.send(opened("mv_a", "taken"));
    }

    @Test
    void interrupted_thread_stays_interrupted() {
        hanging();
        Thread.currentThread().interrupt();
        assertThat(failure().mayBeRetried()).isTrue();
        assertThat(Thread.interrupted()).isTrue();
    }

    private NotificationException failure() {
        return catchThrowableOfType(NotificationException.class, () -> notifier.send(opened("mv_a", "not taken")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "T0SECRET",
                "hooks.slack.com/services/T0SECRET",
                "http://hooks.slack.com/services/T0SECRET",
                "ftp://hooks.slack.com/T0SECRET",
                "https:///T0SECRET",
                "https://T0SECRET@hooks.slack.com/services/x",
                "https://hooks.slack.com/T0SECRET with blanks"
            })
    void url_that_is_none_is_refused_without_being_shown(String url) {
        assertThatThrownBy(() -> SlackNotifier.to(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessageContaining("https://hooks.slack.com/services/")
                .hasMessageNotContaining("T0SECRET");
    }
}
