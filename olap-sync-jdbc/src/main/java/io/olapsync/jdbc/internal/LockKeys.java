package io.olapsync.jdbc.internal;

import io.olapsync.spi.ViewName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/** The advisory lock keys of views: the same in every process and every version of the library. */
public final class LockKeys {

    private static final String VIEWS = "olap-sync/view";
    private static final String RELAYS = "olap-sync/relay";

    private LockKeys() {}

    /** The key of one view: the first 64 bits of a SHA-256, so that a collision is not to be expected. */
    public static long of(ViewName view) {
        return key(VIEWS, view);
    }

    /** The key of the relay of an outbox. */
    public static long ofRelay(ViewName table) {
        return key(RELAYS, table);
    }

    private static long key(String namespace, ViewName view) {
        // NUL cannot be part of a name, so no two names share a text.
        String text = namespace + '\0' + view.schema() + '\0' + view.name();
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The keys of these views, each once, in the order in which every process takes them. */
    static List<Long> of(Collection<ViewName> views) {
        return views.stream().map(LockKeys::of).distinct().sorted().toList();
    }
}
