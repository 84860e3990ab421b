package io.olapsync.testkit.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.olapsync.Alerts;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.SyncRequest;
import io.olapsync.notify.EmailNotifier;
import io.olapsync.notify.SlackNotifier;
import io.olapsync.report.HealthJson;
import io.olapsync.report.StatusPage;
import io.olapsync.spi.Alert;
import io.olapsync.spi.Notifier;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import io.olapsync.testkit.ManualClock;
import io.olapsync.testkit.contract.NotifierContract;
import io.olapsync.testkit.fakes.InMemoryPlugin;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Secrets are planted in all that a notifier is given, and looked for in all that can be seen of it, logs at every level included. */
class SecretsTest {

    private static final String SECRET = "Pl4nted";
    private static final String WEBHOOK = "/services/T" + SECRET + "/B" + SECRET + "/X" + SECRET;
    private static final String USER = "olap-sync@ops"; // of no length that base64 would cut evenly
    private static final String PASSWORD = "pass " + SECRET + " word";

    private final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final java.util.logging.Logger jdk = java.util.logging.Logger.getLogger("");
    private final AppenderBase<ILoggingEvent> lines = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent line) {
            if (line.getLoggerName().startsWith("org.subethamail")) {
                return; // the receiver's
            }
            seen.add(line.getFormattedMessage()
                    + line.getMDCPropertyMap()
                    + (line.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(line.getThrowableProxy())));
        }
    };
    private final Handler records = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (String.valueOf(line.getLoggerName()).startsWith("jdk.")) {
                return; // the JDK's client names URLs where its own debug log is asked for, as docs/alerts.md says
            }
            seen.add(line.getMessage() + List.of(line.getParameters() == null ? new Object[0] : line.getParameters()));
            if (line.getThrown() != null) {
                seen(line.getThrown());
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private Level level;
    private java.util.logging.Level jdkLevel;

    @BeforeEach
    void listen() {
        level = root.getLevel();
        jdkLevel = jdk.getLevel();
        lines.start();
        root.setLevel(Level.TRACE);
        root.addAppender(lines);
        records.setLevel(java.util.logging.Level.ALL);
        jdk.setLevel(java.util.logging.Level.ALL);
        jdk.addHandler(records);
    }

    @AfterEach
    void stopListening() {
        root.detachAppender(lines);
        root.setLevel(level);
        jdk.removeHandler(records);
        jdk.setLevel(jdkLevel);
    }

    private void seen(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text)); // with its causes and what it has suppressed
        seen.add(text.toString());
    }

    private static void assertNoneIn(Iterable<String> texts) {
        assertThat(texts)
                .isNotEmpty()
                .allSatisfy(text -> assertThat(text)
                        .doesNotContain(SECRET)
                        .doesNotContain(base64(PASSWORD))
                        .doesNotContain(base64("\0" + USER + "\0" + PASSWORD))
                        .doesNotContain(base64(USER + "\0" + USER + "\0" + PASSWORD)));
    }

    /** A server that answers with all it was told, in this form, and then hangs up. */
    private static ServerSocket echo(String form) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(
                () -> {
                    while (!server.isClosed()) {
                        try (Socket socket = server.accept()) {
                            byte[] asked = new byte[2_000];
                            InputStream in = socket.getInputStream();
                            int length = in.read(asked);
                            String told = new String(asked, 0, Math.max(0, length), StandardCharsets.UTF_8);
                            String first = told.lines().findFirst().orElse("");
                            String answer = form.replace("TOLD", first);
                            socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                        } catch (IOException closed) {
                            // the next one, or none
                        }
                    }
                },
                "echo");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 500 TOLD\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 404 x\r\nConnection: close\r\n\r\nTOLD",
                "HTTP/1.1 429 x\r\nRetry-After: TOLD\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 302 x\r\nLocation: TOLD\r\nContent-Length: 0\r\n\r\n",
                "HTTP/1.1 200 x\r\nContent-Length: TOLD\r\n\r\n",
                "HTTP/1.1 TOLD\r\n\r\n",
                "TOLD\r\n\r\n",
                "TOLD",
                ""
            })
    void webhook_is_shown_nowhere_whatever_its_server_makes_of_it(String form) throws Exception {
        try (ServerSocket server = echo(form)) {
            for (String secret :
                    List.of(WEBHOOK, "/?token=" + SECRET, "/x;" + SECRET + "?a=" + SECRET + "#" + SECRET)) {
                SlackNotifier.Builder builder = SlackNotifier.webhook(
                                "http://127.0.0.1:" + server.getLocalPort() + secret)
                        .timeout(Duration.ofSeconds(5));
                failsToSend(builder.build(), builder);
            }
        }
        assertNoneIn(seen);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://hooks.slack.com:99999" + WEBHOOK,
                "https://hooks.slack.com:0" + WEBHOOK,
                "https://" + SECRET + "@hooks.slack.com" + WEBHOOK,
                "https://hooks.slack.com" + WEBHOOK + "\u0000",
                "https://hooks.slack.invalid" + WEBHOOK,
                "gopher://hooks.slack.com" + WEBHOOK
            })
    void webhook_that_cannot_be_used_is_not_shown_either(String webhook) {
        Throwable refused = catchThrowable(() -> {
            SlackNotifier notifier = SlackNotifier.webhook(webhook)
                    .timeout(Duration.ofSeconds(2))
                    .build();
            seen.add(notifier.toString());
            notifier.send(message());
        });
        assertThat(refused).isNotNull();
        seen(refused);
        assertNoneIn(seen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"LOGIN", "PLAIN", "LOGIN PLAIN"})
    void password_is_shown_nowhere_also_where_the_server_repeats_it(String mechanisms) throws Exception {
        try (ServerSocket server = repeatingMailServer(mechanisms)) {
            EmailNotifier.Builder builder = EmailNotifier.smtp("127.0.0.1")
                    .port(server.getLocalPort())
                    .withoutTls()
                    .login(USER, PASSWORD)
                    .from("olap-sync@example.org")
                    .to("one@example.org");
            failsToSend(builder.build(), builder);
        }
        assertThat(seen).anyMatch(text -> text.contains("not … nor …"));
        assertNoneIn(seen);
    }

    @Test
    void password_is_not_shown_where_the_notifier_cannot_be_built() {
        seen(catchThrowable(() ->
                EmailNotifier.smtp("").login(USER, PASSWORD).from("x").to("y").build()));
        assertNoneIn(seen);
    }

    /** It lets nobody in, and says what it was told, as it came and decoded. */
    private static ServerSocket repeatingMailServer(String mechanisms) throws IOException {
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(
                () -> {
                    try (Socket socket = server.accept();
                            BufferedReader in = new BufferedReader(
                                    new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
                        OutputStream out = socket.getOutputStream();
                        String answer = "220 here";
                        int credentials = 0;
                        while (answer != null) {
                            out.write((answer + "\r\n").getBytes(StandardCharsets.UTF_8));
                            String told = in.readLine();
                            if (told == null) {
                                return;
                            } else if (told.startsWith("EHLO")) {
                                answer = "250-here\r\n250 AUTH " + mechanisms;
                            } else if (told.startsWith("AUTH PLAIN ")) {
                                answer = repeated(told.substring(11));
                            } else if (told.startsWith("AUTH LOGIN") || (credentials > 0 && credentials < 2)) {
                                credentials++;
                                answer = "334 go on";
                            } else {
                                answer = told.equals("QUIT") ? "221 bye" : repeated(told);
                            }
                        }
                    } catch (IOException closed) {
                        // nobody is there any more
                    }
                },
                "smtp");
        thread.setDaemon(true);
        thread.start();
        return server;
    }

    private static String repeated(String encoded) {
        String decoded = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        return "535 not " + encoded + " nor " + decoded.substring(decoded.lastIndexOf('\0') + 1);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static EmailNotifier.Builder email(MailServer server) {
        return EmailNotifier.smtp("127.0.0.1")
                .port(server.port())
                .sslContext(MailServer.TLS)
                .login(USER, PASSWORD)
                .from("olap-sync@example.org")
                .to("one@example.org");
    }

    private void failsToSend(Notifier notifier, Object builder) {
        seen.add(notifier + " " + builder + " " + notifier.name() + " " + Alerts.to(notifier));
        Throwable failure = catchThrowable(() -> notifier.send(message()));
        assertThat(failure).isNotNull();
        seen(failure);
    }

    private static Alert message() {
        return new NotifierContract() {
            Alert message() {
                return opened("mv_a", "division by zero");
            }

            @Override
            protected Notifier notifier() {
                throw new UnsupportedOperationException();
            }

            @Override
            protected List<String> received() {
                return List.of();
            }

            @Override
            protected void away() {}

            @Override
            protected void refusing() {}

            @Override
            protected void hanging() {}

            @Override
            protected void back() {}

            @Override
            protected List<String> secrets() {
                return List.of();
            }
        }.message();
    }

    @Test
    void engine_whose_notifiers_fail_shows_no_secret_in_health_page_log_or_incidents() throws Exception {
        ManualClock clock = ManualClock.at("2026-03-01T03:00:00Z");
        InMemoryPlugin fakes = new InMemoryPlugin(clock);
        ViewName view = ViewName.parse("mv");
        fakes.executor().always(view, request -> {
            throw new RefreshException(
                    RefreshException.Kind.PERMANENT, "division by zero", view, "22012", "mend it", null);
        });
        try (ServerSocket slack = echo("TOLD\r\n\r\n");
                MailServer mail = MailServer.startTls();
                OlapSync sync = OlapSync.builder(SyncPlan.named("p").view("mv").build())
                        .install(fakes)
                        .clock(clock)
                        .executor(clock.sameThread())
                        .scheduler(clock.scheduler())
                        .alerts(Alerts.to(
                                        SlackNotifier.to("http://127.0.0.1:" + slack.getLocalPort() + WEBHOOK),
                                        email(mail).build())
                                .gathering(Duration.ZERO)
                                .on(clock.sameThread()))
                        .build()) {
            sync.submit(SyncRequest.full());
            clock.advance(Duration.ofMinutes(3));
            assertThat(sync.health().problems())
                    .anyMatch(problem -> problem.contains("alerts do not reach slack"))
                    .anyMatch(problem -> problem.contains("alerts do not reach email"));
            seen.addAll(List.of(
                    sync.toString(),
                    sync.health().toString(),
                    HealthJson.write(sync.health()),
                    StatusPage.of(sync, fakes.history()).html(),
                    fakes.incidents().open("p").toString()));
        }
        assertThat(seen).anyMatch(text -> text.contains("Alerts do not reach slack"));
        assertNoneIn(seen);
    }
}
