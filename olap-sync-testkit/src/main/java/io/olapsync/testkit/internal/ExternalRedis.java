package io.olapsync.testkit.internal;

import io.olapsync.testkit.RedisServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/** A Redis server that runs elsewhere. */
public final class ExternalRedis implements RedisServer {

    private static final int DEFAULT_PORT = 6379;

    private final String text;
    private final URI uri;

    /** Sends a PING; the URI is {@code redis://[user:password@]host[:port][/database]}. */
    public ExternalRedis(String text) {
        this.text = text;
        this.uri = URI.create(text);
        if (!"redis".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "The test Redis must be given as redis://[user:password@]host[:port][/database]");
        }
        command("PING");
    }

    @Override
    public String uri() {
        return text;
    }

    @Override
    public @Nullable Object command(String... words) {
        int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
        try (RespConnection connection = new RespConnection(uri.getHost(), port)) {
            authenticate(connection);
            String path = uri.getPath() == null ? "" : uri.getPath();
            if (path.length() > 1) {
                connection.command("SELECT", path.substring(1));
            }
            return connection.command(words);
        } catch (IOException e) {
            throw new UncheckedIOException(this + " does not answer: " + e.getMessage(), e);
        }
    }

    private void authenticate(RespConnection connection) throws IOException {
        String credentials = uri.getUserInfo();
        if (credentials == null) {
            return;
        }
        int colon = credentials.indexOf(':');
        if (colon <= 0) {
            connection.command("AUTH", credentials.substring(colon + 1));
        } else {
            connection.command("AUTH", credentials.substring(0, colon), credentials.substring(colon + 1));
        }
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return "Redis on " + uri.getHost() + ":" + (uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort());
    }
}
