package io.olapsync.notify;

import io.olapsync.spi.Alert;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/**
 * Sends messages by e-mail, over SMTP.
 *
 * <p>Needs Jakarta Mail: {@code org.eclipse.angus:angus-mail} 2, an optional dependency that the host adds. Thread-safe. The
 * connection is encrypted by STARTTLS unless something else is asked for, and nothing is sent where the server does not
 * offer that or cannot prove its name. The password is in no exception, no log line and not in {@link #toString}.
 */
public final class EmailNotifier implements Notifier {

    /** How the connection is encrypted. */
    enum Encryption {
        STARTTLS(587),
        TLS(465),
        NONE(25);

        final int port;

        Encryption(int port) {
            this.port = port;
        }
    }

    private final String name;
    private final String server;
    private final SmtpMail mail;

    private EmailNotifier(Builder builder, SmtpMail mail) {
        this.name = builder.name;
        this.server = builder.host + ":" + builder.port();
        this.mail = mail;
    }

    /** Begins a notifier that sends over this server: {@code smtp("mail.example.org").from("…").to("…").build()}. */
    public static Builder smtp(String host) {
        return new Builder(host);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void send(Alert alert) throws NotificationException {
        mail.send(AlertText.subject(alert), AlertText.body(alert));
    }

    @Override
    public String toString() {
        return "EmailNotifier[" + name + ", " + server + "]";
    }

    /** Collects the parts. Not thread-safe. */
    public static final class Builder {

        private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");

        final String host;
        final List<String> to = new ArrayList<>();
        Optional<Integer> port = Optional.empty();
        Encryption encryption = Encryption.STARTTLS;
        Optional<String> from = Optional.empty();
        Optional<String> user = Optional.empty();
        String password = "";
        Duration timeout = Duration.ofSeconds(10);
        Optional<SSLContext> trust = Optional.empty();
        private String name = "email";

        private Builder(String host) {
            this.host = Objects.requireNonNull(host, "host").trim();
        }

        /** Another port than the usual one: 587 for STARTTLS, 465 for TLS, 25 for neither. */
        public Builder port(int port) {
            this.port = Optional.of(port);
            return this;
        }

        /** Encrypts by STARTTLS, and sends nothing where the server does not offer it; the default. */
        public Builder startTls() {
            encryption = Encryption.STARTTLS;
            return this;
        }

        /** Encrypts from the first byte. */
        public Builder implicitTls() {
            encryption = Encryption.TLS;
            return this;
        }

        /** Does not encrypt; a password is then sent to this machine alone. */
        public Builder withoutTls() {
            encryption = Encryption.NONE;
            return this;
        }

        /** Trusts what this context trusts, such as a CA of one's own; the JDK's default otherwise. */
        public Builder sslContext(SSLContext context) {
            trust = Optional.of(context);
            return this;
        }

        /** Authenticates; not by default. */
        public Builder login(String user, String password) {
            this.user = Optional.of(user);
            this.password = Objects.requireNonNull(password, "password");
            return this;
        }

        /** The address of the sender. */
        public Builder from(String address) {
            from = Optional.of(address);
            return this;
        }

        /** Adds addresses of recipients. */
        public Builder to(String... addresses) {
            to.addAll(List.of(addresses));
            return this;
        }

        /** How long the server may take to connect, and for each answer; 10 seconds by default, at most a minute. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** Another name than "email"; needed where there is more than one list of recipients. */
        public Builder name(String name) {
            this.name = name;
            return this;
        }

        int port() {
            return port.orElse(encryption.port);
        }

        /**
         * The notifier. Connects to nobody yet.
         *
         * @throws IllegalArgumentException if something is missing or wrong; the message names all of it
         * @throws IllegalStateException if Jakarta Mail is not on the class path
         */
        public EmailNotifier build() {
            List<String> problems = new ArrayList<>();
            if (host.isEmpty() || !host.matches("[A-Za-z0-9._:-]+")) {
                problems.add("the host '" + host + "' is no name or address of a server");
            }
            if (port() < 1 || port() > 65_535) {
                problems.add("the port must be between 1 and 65535, not " + port());
            }
            if (from.isEmpty()) {
                problems.add("the sender is missing: from(\"olap-sync@example.org\")");
            }
            if (to.isEmpty()) {
                problems.add("the recipients are missing: to(\"team@example.org\")");
            }
            if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofMinutes(1)) > 0) {
                problems.add("the timeout must be between 1 ms and 1 minute, not " + timeout);
            }
            if (user.isPresent()
                    && encryption == Encryption.NONE
                    && !LOOPBACK.contains(host.toLowerCase(Locale.ROOT))) {
                problems.add("a password is not sent unencrypted: use startTls() or implicitTls()");
            }
            return new EmailNotifier(this, mail(problems));
        }

        private SmtpMail mail(List<String> problems) {
            try {
                problems.addAll(SmtpMail.wrongAddresses(this));
                if (!problems.isEmpty()) {
                    throw new IllegalArgumentException("E-mail cannot be sent: " + String.join("; ", problems));
                }
                return new SmtpMail(this);
            } catch (LinkageError | IllegalStateException absent) {
                throw new IllegalStateException(
                        "EmailNotifier needs Jakarta Mail, which is not there: add the dependency"
                                + " org.eclipse.angus:angus-mail, version 2",
                        absent);
            }
        }
    }
}
