package io.olapsync.testkit.internal;

import java.util.Locale;

/**
 * The operating system and processor this JVM runs on, in the words of the binaries jars.
 *
 * @param system {@code linux} or {@code darwin}
 * @param processor {@code amd64} or {@code arm64}
 */
public record Platform(String system, String processor) {

    /** The platform of this JVM; an unsupported one is an {@link IllegalStateException}. */
    public static Platform current() {
        return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    }

    static Platform of(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT);
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "darwin" : null;
        String processor = switch (osArch) {
            case "amd64", "x86_64" -> "amd64";
            case "aarch64", "arm64" -> "arm64";
            default -> null;
        };
        if (system == null || processor == null) {
            throw new IllegalStateException("No embedded servers for os.name=" + osName + ", os.arch=" + osArch
                    + ": they exist for linux and macOS on amd64 and arm64. Set OLAPSYNC_TEST_JDBC_URL and "
                    + "OLAPSYNC_TEST_REDIS_URI to use servers of your own.");
        }
        return new Platform(system, processor);
    }

    /** The name of the archive inside a PostgreSQL binaries jar. */
    public String postgresArchive() {
        return "postgres-" + system + "-" + (processor.equals("amd64") ? "x86_64" : "arm_64") + ".txz";
    }

    /** The name of the Redis executable inside its jar. */
    public String redisExecutable() {
        return "redis-server-7.0.15-" + system + "-" + processor;
    }
}
