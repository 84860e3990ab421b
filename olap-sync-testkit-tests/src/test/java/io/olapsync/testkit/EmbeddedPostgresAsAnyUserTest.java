package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.olapsync.testkit.internal.PostgresBinaries;
import io.olapsync.testkit.internal.Privileges;
import io.olapsync.testkit.internal.RedisBinary;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only root can become somebody else; for an ordinary user every other test is the test. */
@Tag("one-major")
class EmbeddedPostgresAsAnyUserTest {

    private static final String[] SETPRIV = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};

    @BeforeEach
    void onlyRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can become somebody else");
    }

    @Test
    void root_without_user_namespaces_runs_it_as_another_user() {
        assumeTrue(works(SETPRIV), "this root may not change users");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .privileges(Privileges.PLAIN, Privileges.OTHER_USER)
                .start()) {
            assertThat(postgres.privileges()).isEqualTo(Privileges.OTHER_USER);
            assertRunsAndRestarts(postgres);
        }
    }

    @Test
    void root_with_user_namespaces_runs_it_in_one() {
        assumeTrue(works("unshare", "-U"), "user namespaces are denied here");
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                .privileges(Privileges.PLAIN, Privileges.USER_NAMESPACE)
                .start()) {
            assertThat(postgres.privileges()).isEqualTo(Privileges.USER_NAMESPACE);
            assertRunsAndRestarts(postgres);
        }
    }

    @Test
    void where_nothing_works_the_error_says_what_was_tried_and_what_to_do() {
        assertThatThrownBy(() ->
                        EmbeddedPostgres.builder().privileges(Privileges.PLAIN).start())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[PLAIN]")
                .hasMessageContaining("cannot be run as root")
                .hasMessageContaining("setpriv");
    }

    @Test
    void an_ordinary_user_runs_it_plainly(@TempDir Path temp) throws IOException {
        assumeTrue(works(SETPRIV), "this root may not change users");
        Files.setPosixFilePermissions(temp, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path workspace = Files.createDirectory(temp.resolve("workspace"));
        for (Path unpacked : List.of(PostgresBinaries.find(OptionalInt.empty()).home(), RedisBinary.find())) {
            copy(unpacked, workspace.resolve(unpacked.getFileName())); // that two can unpack them is shown elsewhere
        }
        Files.setAttribute(workspace, "unix:uid", 65534);
        try (ChildJvm child = ChildJvm.of(ServersMain.class)
                .under(SETPRIV)
                .classPath(readableByAll(temp.resolve("classes")))
                .systemProperty("olapsync.testkit.dir", workspace.toString())
                .start()) {
            assertThat(child.awaitLine(line -> line.startsWith("READY"), Duration.ofSeconds(60)))
                    .endsWith(Privileges.PLAIN + " 1");
            child.terminate();
            child.exitCode(Duration.ofSeconds(30));
        }
    }

    private static void assertRunsAndRestarts(EmbeddedPostgres postgres) {
        TestDatabase database = postgres.newDatabase();
        database.execute("CREATE TABLE t AS SELECT 1 AS n");
        postgres.kill();
        postgres.restart();
        assertThat(database.queryForLong("SELECT n FROM t")).isEqualTo(1);
        postgres.restart();
        assertThat(database.queryForLong("SELECT n FROM t")).isEqualTo(1);
    }

    private static boolean works(String... prefix) {
        List<String> command = new ArrayList<>(List.of(prefix));
        command.add("true");
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The local repository of root is often out of reach for others. */
    private static String readableByAll(Path target) throws IOException {
        Files.createDirectory(target);
        List<String> copies = new ArrayList<>();
        for (String entry : ChildJvm.classPath().split(java.io.File.pathSeparator)) {
            Path source = Path.of(entry);
            if (Files.exists(source)) {
                Path copy = target.resolve(copies.size() + "-" + source.getFileName());
                copy(source, copy);
                copies.add(copy.toString());
            }
        }
        return String.join(java.io.File.pathSeparator, copies);
    }

    private static void copy(Path source, Path target) throws IOException {
        try (Stream<Path> files = Files.walk(source, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(source.relativize(file).toString());
                Files.copy(file, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }
}
