package io.olapsync.testkit.notify;

import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.subethamail.smtp.MessageHandler;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** An SMTP server with a certificate for 127.0.0.1, one user, and a mailbox. */
final class MailServer implements AutoCloseable {

    static final String USER = "olap-sync";
    static final String PASSWORD = "p4ss-SECRET-w0rd";

    /** With a certificate that it has made for this JVM, for 127.0.0.1 and for nothing else. */
    static final SSLContext TLS = selfSigned();

    final List<MimeMessage> mailbox = new CopyOnWriteArrayList<>();
    final List<String> recipients = new CopyOnWriteArrayList<>();
    final CountDownLatch released = new CountDownLatch(1);
    volatile int refusal;
    volatile String refusedRecipient = "";
    volatile boolean hangs;
    private SMTPServer server;

    MailServer(UnaryOperator<SMTPServer.Builder> options) {
        server = options.apply(builder(0)).build();
        server.start();
    }

    /** With STARTTLS, and for those who log in. */
    static MailServer startTls() {
        return new MailServer(
                options -> options.startTlsSocketFactory(TLS).requireTLS().requireAuth());
    }

    private SMTPServer.Builder builder(int port) {
        return SMTPServer.port(port)
                .bindAddress(InetAddress.getLoopbackAddress())
                .connectionTimeoutMs(30_000)
                .authenticationHandlerFactory(new EasyAuthenticationHandlerFactory((user, password, context) -> {
                    if (!user.equals(USER) || !password.equals(PASSWORD)) {
                        throw new LoginFailedException("no such user, or another password");
                    }
                }))
                .messageHandlerFactory(context -> new Mail());
    }

    /** One message on its way. */
    private final class Mail implements MessageHandler {

        private final List<String> to = new ArrayList<>();

        @Override
        public void from(String address) {}

        @Override
        public void recipient(String address) throws RejectException {
            if (address.equals(refusedRecipient)) {
                throw new RejectException(550, "no such mailbox");
            }
            to.add(address);
        }

        @Override
        public String data(InputStream data) throws RejectException, IOException {
            if (hangs) {
                await();
            }
            if (refusal != 0) {
                throw new RejectException(refusal, "not now, not here");
            }
            try {
                mailbox.add(new MimeMessage(Session.getInstance(new Properties()), data));
            } catch (MessagingException e) {
                throw new IOException(e);
            }
            recipients.addAll(to);
            return null;
        }

        private void await() {
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void done() {}
    }

    int port() {
        return server.getPortAllocated();
    }

    @Override
    public void close() {
        released.countDown();
        server.stop();
    }

    private static SSLContext selfSigned() {
        try {
            Path folder = Files.createTempDirectory("mail");
            Path store = folder.resolve("keys.p12");
            String keytool =
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
            String arguments =
                    "-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -genkeypair -alias mail -keyalg EC -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1 -validity 2"
                            + " -storetype PKCS12 -storepass changeit -keystore";
            List<String> command = new ArrayList<>(List.of(keytool));
            command.addAll(List.of(arguments.split(" ")));
            command.add(store.toString());
            if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
                throw new IllegalStateException("keytool failed");
            }
            SSLContext context = context(store);
            Files.delete(store);
            Files.delete(folder);
            return context;
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SSLContext context(Path store) throws IOException, GeneralSecurityException {
        char[] password = "changeit".toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, password);
        }
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, password);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
