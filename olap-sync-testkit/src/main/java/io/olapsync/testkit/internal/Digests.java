package io.olapsync.testkit.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.jar.JarEntry;

/** Digests of resources, to name what was unpacked by its content. */
final class Digests {

    private Digests() {}

    /** From the directory of a jar it costs nothing; every JVM of a build would else read the whole archives. */
    static String of(URL resource) throws IOException {
        if (resource.openConnection() instanceof JarURLConnection jar) {
            JarEntry entry = jar.getJarEntry();
            if (entry != null && entry.getCrc() >= 0 && entry.getSize() >= 0) {
                return "%08x%08x".formatted(entry.getCrc(), entry.getSize());
            }
        }
        try (InputStream in = resource.openStream()) {
            return HexFormat.of().formatHex(sha256(in)).substring(0, 16);
        }
    }

    private static byte[] sha256(InputStream in) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
