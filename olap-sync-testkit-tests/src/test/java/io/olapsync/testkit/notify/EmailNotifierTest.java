package io.olapsync.testkit.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.notify.EmailNotifier;
import io.olapsync.spi.NotificationException;
import io.olapsync.spi.Notifier;
import io.olapsync.testkit.contract.NotifierContract;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a real SMTP server with STARTTLS and a login. */
class EmailNotifierTest extends NotifierContract {

    private final MailServer server = MailServer.startTls();
    private final EmailNotifier notifier = to(server).build();

    private static EmailNotifier.Builder to(MailServer server) {
        return EmailNotifier.smtp("127.0.0.1")
                .port(server.port())
                .sslContext(MailServer.TLS)
                .login(MailServer.USER, MailServer.PASSWORD)
                .from("olap-sync@example.org")
                .to("one@example.org", "two@example.org")
                .timeout(Duration.ofSeconds(2));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Override
    protected Notifier notifier() {
        return notifier;
    }

    @Override
    protected List<String> received() {
        return server.mailbox.stream().map(EmailNotifierTest::text).toList();
    }

    private static String text(MimeMessage message) {
        try {
            return message.getSubject() + "\n" + ((String) message.getContent()).replace("\r\n", "\n");
        } catch (MessagingException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected void away() {
        server.refusal = 451;
    }

    @Override
    protected void refusing() {
        server.refusal = 554;
    }

    @Override
    protected void hanging() {
        server.refusal = 0;
        server.hangs = true;
    }

    @Override
    protected void back() {
        server.refusal = 0;
        server.hangs = false;
    }

    @Override
    protected List<String> secrets() {
        return List.of(MailServer.PASSWORD);
    }

    @Test
    void korean_subject_and_body_arrive_as_they_were() throws Exception {
        notifier.send(opened("\"매출_집계\"", "0으로 나눌 수 없습니다"));
        MimeMessage message = server.mailbox.get(0);
        assertThat(message.getSubject()).isEqualTo("[vision-olap] FAILED: \"매출_집계\" cannot be refreshed");
        assertThat(message.getHeader("Subject")[0]).isASCII();
        assertThat(text(message)).contains("0으로 나눌 수 없습니다");
        assertThat(message.getContentType()).containsIgnoringCase("utf-8");
        assertThat(message.getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(server.recipients).containsExactly("one@example.org", "two@example.org");
    }

    @Test
    void name_with_line_breaks_adds_no_header() throws Exception {
        notifier.send(opened("x\r\nBcc: thief@example.org\r\n\r\nbody", "x\r\n.\r\nMAIL FROM:<a@b.c>"));
        MimeMessage message = server.mailbox.get(0);
        assertThat(message.getHeader("Bcc")).isNull();
        assertThat(message.getSubject()).contains("Bcc: thief@example.org").doesNotContain("\n", "\r");
        assertThat(server.mailbox).hasSize(1);
        assertThat(server.recipients).containsExactly("one@example.org", "two@example.org");
    }

    @Test
    void recipient_that_is_refused_does_not_keep_it_from_the_others() throws Exception {
        server.refusedRecipient = "one@example.org";
        notifier.send(opened("mv_a", "to the other"));
        assertThat(server.recipients).containsExactly("two@example.org");
    }

    @Test
    void nothing_is_sent_to_a_server_without_starttls() {
        try (MailServer plain = new MailServer(options -> options)) {
            NotificationException failure = failure(to(plain).build());
            assertThat(failure).hasMessageContaining("STARTTLS");
            assertThat(plain.mailbox).isEmpty();
            assertThat(plain.recipients).isEmpty();
        }
    }

    @Test
    void nothing_is_sent_to_a_server_whose_certificate_is_not_trusted_or_of_another_name() {
        EmailNotifier untrusting = EmailNotifier.smtp("127.0.0.1")
                .port(server.port())
                .from("a@example.org")
                .to("b@example.org")
                .build();
        assertThat(failure(untrusting)).hasMessageContaining("PKIX");
        EmailNotifier otherName = EmailNotifier.smtp("localhost")
                .port(server.port())
                .sslContext(MailServer.TLS)
                .login(MailServer.USER, MailServer.PASSWORD)
                .from("a@example.org")
                .to("b@example.org")
                .build();
        assertThat(failure(otherName)).hasMessageContaining("No name matching localhost");
        assertThat(server.mailbox).isEmpty();
    }

    @Test
    void tls_from_the_first_byte() throws Exception {
        try (MailServer tls = new MailServer(options -> options.serverSocketFactory(MailServer.TLS))) {
            to(tls).implicitTls().build().send(opened("mv_a", "encrypted"));
            assertThat(tls.mailbox).hasSize(1);
        }
    }

    @Test
    void server_of_this_machine_without_tls() throws Exception {
        try (MailServer plain = new MailServer(options -> options)) {
            to(plain).withoutTls().build().send(opened("mv_a", "plain"));
            assertThat(plain.mailbox).hasSize(1);
        }
    }

    @Test
    void wrong_password_is_permanent_and_not_shown() {
        EmailNotifier wrong = to(server).login(MailServer.USER, "wr0ng-SECRET").build();
        NotificationException failure = failure(wrong);
        assertThat(failure.mayBeRetried()).isFalse();
        assertThat(failure).hasMessageContaining("mend the login").hasMessageNotContaining("SECRET");
        assertThat(wrong.toString()).doesNotContain("SECRET");
    }

    @Test
    void server_that_is_not_there_is_tried_again_later() {
        int port = server.port();
        server.close();
        NotificationException failure = failure(notifier);
        assertThat(failure.mayBeRetried()).isTrue();
        assertThat(failure).hasMessageContaining("127.0.0.1:" + port);
    }

    @Test
    void server_that_does_not_greet_is_waited_for_so_long_only() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            EmailNotifier waiting = EmailNotifier.smtp("127.0.0.1")
                    .port(silent.getLocalPort())
                    .from("a@example.org")
                    .to("b@example.org")
                    .timeout(Duration.ofMillis(200))
                    .build();
            assertThat(failure(waiting).mayBeRetried()).isTrue();
        }
    }

    private static NotificationException failure(EmailNotifier notifier) {
        NotificationException failure =
                catchThrowableOfType(NotificationException.class, () -> notifier.send(opened("mv_a", "not taken")));
        assertThat(failure).isNotNull();
        return failure;
    }

    @Test
    void everything_that_is_missing_is_said_at_once() {
        assertThatThrownBy(() ->
                        EmailNotifier.smtp(" ").port(0).timeout(Duration.ZERO).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host")
                .hasMessageContaining("port")
                .hasMessageContaining("sender")
                .hasMessageContaining("recipients")
                .hasMessageContaining("timeout");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "nobody", "a@b@c", "a@example.org\r\nBcc: x@example.org", "a@example.org, b@example.org"})
    void address_that_is_none_is_refused(String address) {
        assertThatThrownBy(() -> EmailNotifier.smtp("localhost")
                        .from("a@example.org")
                        .to(address)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is no address of e-mail");
    }

    @Test
    void password_is_not_sent_unencrypted_to_another_machine() {
        assertThatThrownBy(() -> EmailNotifier.smtp("mail.example.org")
                        .withoutTls()
                        .login("user", "SECRET")
                        .from("a@example.org")
                        .to("b@example.org")
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("startTls()")
                .hasMessageNotContaining("SECRET");
    }
}
