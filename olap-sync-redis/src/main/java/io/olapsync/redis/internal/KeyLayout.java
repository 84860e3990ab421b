package io.olapsync.redis.internal;

import io.olapsync.spi.ViewName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The names of our keys in Redis.
 *
 * <p>{@code <prefix>ver:<view>} holds a version, {@code <prefix>val:<view>,<view>:<key>} a value, {@code <prefix>lease:<hash>}
 * a load under way. A view's name is written as {@link ViewName#toString} writes it, which quotes what is not a plain
 * word: so commas and colons separate, whatever the names contain. No hash tags: the values of one popular view must be
 * free to spread over a whole cluster.
 */
public final class KeyLayout {

    /** What is used where the host says nothing. */
    public static final String DEFAULT_PREFIX = "olapsync:";

    private static final int LONGEST_PLAIN_KEY = 200;

    private final String prefix;
    private final Map<ViewName, String> labels = new ConcurrentHashMap<>();

    public KeyLayout(String prefix) {
        if (prefix.isBlank()) {
            throw new IllegalArgumentException("a key prefix must not be blank: our keys must be told from the host's");
        }
        this.prefix = prefix;
    }

    public String prefix() {
        return prefix;
    }

    public String version(ViewName view) {
        return prefix + "ver:" + label(view);
    }

    /** The keys that one question touches; views in a fixed order, whatever the order of the collection. */
    public Question question(Collection<ViewName> views, String key) {
        if (views.isEmpty()) {
            throw new IllegalArgumentException("a cached result needs at least one view that it was read from");
        }
        List<String> keys = new ArrayList<>(views.size() + 1);
        StringBuilder names = new StringBuilder();
        for (ViewName view : views.size() == 1 ? views : new TreeSet<>(views)) {
            keys.add(version(view));
            names.append(names.isEmpty() ? "" : ",").append(label(view));
        }
        keys.add(prefix + "val:" + shortened(names.append(':').append(key).toString()));
        return new Question(keys);
    }

    public String lease(String valueKey, String header) {
        return prefix + "lease:" + sha256(header + valueKey);
    }

    private String label(ViewName view) {
        return labels.computeIfAbsent(view, ViewName::toString);
    }

    /** No view's name begins with #, so a hash is never taken for a plain key. */
    private static String shortened(String name) {
        return name.length() <= LONGEST_PLAIN_KEY ? name : "#" + sha256(name);
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The version keys of the views, then the key of the value. */
    public record Question(List<String> keys) {

        public Question {
            keys = List.copyOf(keys);
        }

        public int views() {
            return keys.size() - 1;
        }

        public String valueKey() {
            return keys.get(keys.size() - 1);
        }
    }
}
