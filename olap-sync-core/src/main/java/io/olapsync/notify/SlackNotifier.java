package io.olapsync.notify;

import io.olapsync.spi.Alert;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Sends messages to a channel of Slack by an incoming webhook.
 *
 * <p>Thread-safe. The webhook's URL is a secret: whoever knows it can write to the channel. It is in no message, no log line,
 * no exception and not in {@link #toString}; redirects, which would pass it on, are not followed. Only the JDK's HTTP client names it,
 * in a debug log that is off unless a host asks for it (loggers {@code jdk.httpclient} and {@code jdk.internal.httpclient}).
 */
public final class SlackNotifier implements Notifier {

    /** Slack cuts texts that are longer than 4,000 characters. */
    private static final int LONGEST = 3_900;

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String name;
    private final URI webhook;
    private final Duration timeout;
    private final HttpClient client;

    private SlackNotifier(Builder builder) {
        this.name = builder.name;
        this.webhook = parsed(builder.webhook);
        this.timeout = builder.timeout;
        this.client = HttpClient.newBuilder()
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /** Sends to this webhook, {@code https://hooks.slack.com/services/…}, with the defaults. */
    public static SlackNotifier to(String webhook) {
        return webhook(webhook).build();
    }

    /** Begins a notifier that differs from the defaults. */
    public static Builder webhook(String webhook) {
        return new Builder(webhook);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void send(Alert alert) throws NotificationException {
        HttpRequest request = HttpRequest.newBuilder(webhook)
                .timeout(timeout)
                .header("Content-Type", "application/json; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofString(payload(alert), StandardCharsets.UTF_8))
                .build();
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(request, FirstBytes.handler());
        try {
            judge(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            throw NotificationException.transientFailure("Slack did not answer within " + timeout, null);
        } catch (ExecutionException e) {
            throw NotificationException.transientFailure("Slack could not be reached: " + reason(e.getCause()), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw NotificationException.transientFailure("interrupted while Slack was asked", null);
        } finally {
            answer.cancel(true);
        }
    }

    private void judge(HttpResponse<String> response) throws NotificationException {
        int status = response.statusCode();
        if (status / 100 == 2) {
            return;
        }
        String problem = "Slack answered " + status + word(response.body());
        if (status == 429 || status == 408 || status / 100 == 5) {
            Optional<Duration> wait =
                    response.headers().firstValue("Retry-After").flatMap(SlackNotifier::wait);
            throw wait.isPresent()
                    ? NotificationException.tooEarly(problem, wait.get())
                    : NotificationException.transientFailure(problem, null);
        }
        throw NotificationException.permanentFailure(
                problem + "; make a new incoming webhook for the channel, and give its URL to SlackNotifier", null);
    }

    /** Seconds, or the date of HTTP. */
    private static Optional<Duration> wait(String header) {
        String text = header.trim();
        try {
            Duration wait = text.chars().allMatch(Character::isDigit)
                    ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(
                            Instant.now(),
                            ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                    .toInstant());
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Slack's own word for what is wrong, such as {@code no_service}, and nothing else that a server may echo. */
    private static String word(String body) {
        String word = body.trim();
        return word.matches("[a-z_]{1,60}") ? " (" + word + ")" : "";
    }

    /** Messages of the JDK may repeat the URL. */
    private String reason(@Nullable Throwable e) {
        if (e == null) {
            return "unknown";
        }
        String text = e instanceof IOException && e.getMessage() != null
                ? e.getClass().getSimpleName() + ": " + e.getMessage()
                : e.getClass().getSimpleName();
        for (String secret : new String[] {webhook.getRawPath(), webhook.getRawQuery()}) {
            text = secret == null || secret.length() < 2 ? text : text.replace(secret, "…");
        }
        return text;
    }

    private static String payload(Alert alert) {
        String text = AlertText.subject(alert) + "\n" + AlertText.body(alert);
        return JSON.writeValueAsString(
                Map.of("text", escaped(text), "mrkdwn", false, "unfurl_links", false, "unfurl_media", false));
    }

    /** Slack reads &lt; and &gt; as the beginning and end of links and mentions. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 64);
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            String part = switch (c) {
                case '&' -> "&amp;";
                case '<' -> "&lt;";
                case '>' -> "&gt;";
                default -> Character.toString(c);
            };
            if (escaped.length() + part.length() >= LONGEST) {
                return escaped.append('…').toString();
            }
            escaped.append(part);
            i += Character.charCount(c);
        }
        return escaped.toString();
    }

    private static URI parsed(String webhook) {
        try {
            URI uri = new URI(webhook.trim());
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            boolean secret = scheme.equals("https") || (scheme.equals("http") && LOOPBACK.contains(uri.getHost()));
            if (uri.getHost() != null && uri.getRawUserInfo() == null && secret) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // its message repeats the URL
        }
        throw new IllegalArgumentException(
                "the webhook of Slack must be a URL as https://hooks.slack.com/services/…; what was"
                        + " given is none (it is a secret and not shown): copy the URL of the incoming webhook from the"
                        + " settings of the Slack app");
    }

    @Override
    public String toString() {
        return "SlackNotifier[" + name + ", " + webhook.getHost() + "/…]";
    }

    /** Collects what differs from the defaults. Not thread-safe. */
    public static final class Builder {

        private final String webhook;
        private String name = "slack";
        private Duration timeout = Duration.ofSeconds(10);

        private Builder(String webhook) {
            this.webhook = webhook;
        }

        /** Another name than "slack"; needed where there is more than one channel. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        /** How long Slack may take for one message, connecting included; 10 seconds by default, at most a minute. */
        public Builder timeout(Duration timeout) {
            if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException("the timeout must be between 1 ms and 1 minute, not " + timeout);
            }
            this.timeout = timeout;
            return this;
        }

        /**
         * The notifier. Connects to nobody yet.
         *
         * @throws IllegalArgumentException if the webhook is no URL of one; the message does not contain it
         */
        public SlackNotifier build() {
            return new SlackNotifier(this);
        }
    }
}
