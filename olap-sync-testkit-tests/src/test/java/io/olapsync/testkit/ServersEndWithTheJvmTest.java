package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServersEndWithTheJvmTest {

    private static final Duration PATIENCE = Duration.ofSeconds(180);

    @Test
    void nothing_is_left_of_jvms_that_unpacked_at_once_and_were_terminated_or_killed(@TempDir Path temp)
            throws IOException {
        Path workspace = temp.resolve("workspace");
        Files.setPosixFilePermissions(temp, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        try (ChildJvm terminated = start(workspace);
                ChildJvm killed = start(workspace)) {
            List<Integer> ports = Stream.of(terminated, killed)
                    .flatMap(child -> ports(child).stream())
                    .toList();
            assertThat(ports).hasSize(4).allMatch(ServersEndWithTheJvmTest::listens);
            assertThat(names(workspace)).hasSize(7).noneMatch(name -> name.contains("tmp"));

            terminated.terminate();
            assertThat(terminated.exitCode(PATIENCE)).isEqualTo(128 + 15);
            assertThat(ports.subList(0, 2)).noneMatch(ServersEndWithTheJvmTest::listens);

            killed.kill();
            await(() -> ports.stream().noneMatch(ServersEndWithTheJvmTest::listens));
            await(() -> names(workspace).size() == 3);
        }
    }

    private static ChildJvm start(Path workspace) {
        return ChildJvm.of(ServersMain.class)
                .systemProperty("olapsync.testkit.dir", workspace.toString())
                .start();
    }

    private static List<Integer> ports(ChildJvm child) {
        String[] words =
                child.awaitLine(line -> line.startsWith("READY"), PATIENCE).split(" ");
        return List.of(Integer.valueOf(words[1]), Integer.valueOf(words[2]));
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException refused) {
            return false;
        }
    }

    private static List<String> names(Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
