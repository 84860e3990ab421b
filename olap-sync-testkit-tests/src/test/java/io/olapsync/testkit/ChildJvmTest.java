package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ChildJvmTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Says hello, then repeats what it is told; "exit 7" ends it. */
    static final class Echo {
        public static void main(String[] args) throws IOException {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
            System.err.println("warning");
            System.out.println("hello " + String.join(",", args) + " " + System.getProperty("greeting"));
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.out.println("> " + line);
                if (line.startsWith("exit ")) {
                    System.exit(Integer.parseInt(line.substring(5)));
                }
            }
        }
    }

    private static ChildJvm echo() {
        return ChildJvm.of(Echo.class)
                .args("사건", "b c")
                .systemProperty("greeting", "안녕")
                .start();
    }

    @Test
    void speaks_with_its_parent_and_returns_its_exit_code() {
        try (ChildJvm child = echo()) {
            assertThat(child.awaitLine(line -> line.startsWith("hello"), PATIENCE))
                    .isEqualTo("hello 사건,b c 안녕");
            child.writeLine("값");
            child.writeLine("exit 7");
            assertThat(child.awaitLine(line -> line.startsWith(">"), PATIENCE)).isEqualTo("> 값");
            assertThat(child.exitCode(PATIENCE)).isEqualTo(7);
            assertThat(child.isAlive()).isFalse();
            assertThat(child.lines()).contains("warning");
        }
    }

    @Test
    void killed_it_runs_no_hook() {
        try (ChildJvm child = echo()) {
            child.awaitLine(line -> line.startsWith("hello"), PATIENCE);
            child.kill();
            assertThat(child.isAlive()).isFalse();
            assertThat(child.exitCode(PATIENCE)).isEqualTo(128 + 9);
            assertThat(child.lines()).doesNotContain("hook");
        }
    }

    @Test
    void terminated_it_runs_its_hooks() {
        try (ChildJvm child = echo()) {
            child.awaitLine(line -> line.startsWith("hello"), PATIENCE);
            child.terminate();
            child.awaitLine("hook"::equals, PATIENCE);
            assertThat(child.exitCode(PATIENCE)).isEqualTo(128 + 15);
        }
    }

    @Test
    void a_line_that_does_not_come_fails_with_all_that_came() {
        try (ChildJvm child = echo()) {
            child.writeLine("exit 0");
            assertThatThrownBy(() -> child.awaitLine("nothing"::equals, PATIENCE))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("which ended")
                    .hasMessageContaining("hello");
        }
    }
}
