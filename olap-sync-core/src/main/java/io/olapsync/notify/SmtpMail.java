package io.olapsync.notify;

import io.olapsync.spi.NotificationException;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The part of {@link EmailNotifier} that needs Jakarta Mail; not loaded before somebody builds one. */
final class SmtpMail {

    private static final Logger log = LoggerFactory.getLogger(SmtpMail.class);

    /** An answer of a server begins with its code. */
    private static final Pattern CODE = Pattern.compile("^\\s*([245]\\d\\d)[ -]");

    private static final int LONGEST_REASON = 300;

    private final Session session;
    private final String protocol;
    private final String host;
    private final int port;
    private final @Nullable String user;
    private final @Nullable String password;
    private final List<String> secrets;
    private final InternetAddress from;
    private final InternetAddress[] to;

    SmtpMail(EmailNotifier.Builder builder) {
        this.protocol = builder.encryption == EmailNotifier.Encryption.TLS ? "smtps" : "smtp";
        this.host = builder.host;
        this.port = builder.port();
        this.user = builder.user.orElse(null);
        this.password = user == null ? null : builder.password;
        this.secrets = secrets(user, builder.password);
        this.session = Session.getInstance(properties(builder));
        try {
            this.from = address(builder.from.orElseThrow());
            this.to = new InternetAddress[builder.to.size()];
            for (int i = 0; i < to.length; i++) {
                to[i] = address(builder.to.get(i));
            }
        } catch (AddressException e) {
            throw new IllegalArgumentException("addresses are judged before", e);
        }
    }

    private Properties properties(EmailNotifier.Builder builder) {
        Properties properties = new Properties();
        String prefix = "mail." + protocol + ".";
        String timeout = String.valueOf(builder.timeout.toMillis());
        properties.setProperty(prefix + "connectiontimeout", timeout);
        properties.setProperty(prefix + "timeout", timeout);
        properties.setProperty(prefix + "writetimeout", timeout);
        properties.setProperty(prefix + "auth", String.valueOf(user != null));
        properties.setProperty(prefix + "ssl.checkserveridentity", "true");
        properties.setProperty(prefix + "sendpartial", "true");
        properties.setProperty(prefix + "quitwait", "false");
        if (builder.encryption == EmailNotifier.Encryption.STARTTLS) {
            properties.setProperty(prefix + "starttls.enable", "true");
            properties.setProperty(prefix + "starttls.required", "true");
        }
        builder.trust
                .map(SSLContext::getSocketFactory)
                .ifPresent(factory -> properties.put(prefix + "ssl.socketFactory", factory));
        return properties;
    }

    /** What is wrong with the addresses, in words. */
    static List<String> wrongAddresses(EmailNotifier.Builder builder) {
        List<String> addresses = new ArrayList<>(builder.to);
        builder.from.ifPresent(addresses::add);
        List<String> wrong = new ArrayList<>();
        for (String text : addresses) {
            try {
                address(text);
            } catch (AddressException e) {
                wrong.add("'" + text + "' is no address of e-mail: write it as name@example.org");
            }
        }
        return wrong;
    }

    private static InternetAddress address(String text) throws AddressException {
        InternetAddress address = new InternetAddress(text, true);
        address.validate();
        if (text.chars().anyMatch(Character::isISOControl)
                || !address.getAddress().contains("@")) {
            throw new AddressException("no address", text);
        }
        return address;
    }

    void send(String subject, String body) throws NotificationException {
        try {
            MimeMessage message = new MimeMessage(session);
            message.setFrom(from);
            message.setRecipients(Message.RecipientType.TO, to);
            message.setSubject(subject, "UTF-8");
            message.setText(body, "UTF-8");
            message.setSentDate(Date.from(Instant.now()));
            message.setHeader("Auto-Submitted", "auto-generated");
            message.saveChanges();
            transmit(message);
        } catch (SendFailedException e) {
            Address[] reached = e.getValidSentAddresses();
            if (reached == null || reached.length == 0) {
                throw failure(e);
            }
            log.warn("An alert did not reach all of its recipients: {}", reason(e));
        } catch (MessagingException e) {
            throw failure(e);
        }
    }

    private void transmit(MimeMessage message) throws MessagingException {
        try (Transport transport = session.getTransport(protocol)) {
            transport.connect(host, port, user, password);
            transport.sendMessage(message, to);
        }
    }

    private NotificationException failure(MessagingException e) {
        String text = "the mail server " + host + ":" + port + " did not take the message: " + reason(e);
        boolean refused = code(e).map(code -> code.startsWith("5")).orElse(e instanceof AuthenticationFailedException);
        return refused
                ? NotificationException.permanentFailure(
                        text + "; mend the login, the sender or the recipients of EmailNotifier", null)
                : NotificationException.transientFailure(text, null);
    }

    /** The code of the server's answer, where it gave one. */
    private static Optional<String> code(MessagingException e) {
        Exception next = e;
        for (int depth = 0; next != null && depth < 10; depth++) {
            Matcher matcher = CODE.matcher(String.valueOf(next.getMessage()));
            if (matcher.find()) {
                return Optional.of(matcher.group(1));
            }
            next = next instanceof MessagingException chain ? chain.getNextException() : null;
        }
        return Optional.empty();
    }

    private String reason(MessagingException e) {
        StringBuilder reason = new StringBuilder();
        Exception next = e;
        for (int depth = 0; next != null && depth < 3; depth++) {
            String text = next.getMessage() == null ? next.getClass().getSimpleName() : next.getMessage();
            reason.append(depth == 0 ? "" : ": ")
                    .append(text.replaceAll("\\s+", " ").trim());
            next = next instanceof MessagingException chain ? chain.getNextException() : null;
        }
        String all = reason.toString();
        for (String secret : secrets) {
            all = all.replace(secret, "…");
        }
        return AlertText.cut(all, LONGEST_REASON);
    }

    /** The password in the forms in which it is sent, and a server may repeat it: AUTH PLAIN, AUTH LOGIN, and as it is. */
    private static List<String> secrets(@Nullable String user, String password) {
        if (user == null || password.isEmpty()) {
            return List.of();
        }
        String plain = '\0' + user + '\0' + password;
        return List.of(base64(user + plain), base64(plain), base64(password), password);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
