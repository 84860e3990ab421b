package io.olapsync.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README tells a reader to write and to run. */
class ReadmeTest {

    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    /** What the code takes for granted. */
    private static final String AROUND = """
            import io.olapsync.*;
            import io.olapsync.jdbc.*;
            import io.olapsync.redis.*;
            import io.olapsync.report.*;
            import io.olapsync.schedule.*;
            import io.olapsync.spi.*;
            import java.sql.Connection;
            import java.time.Duration;
            import java.util.*;
            import tools.jackson.core.type.TypeReference;

            abstract class Example%d {
                javax.sql.DataSource dataSource;
                io.lettuce.core.RedisClient redisClient;
                Connection connection;
                OlapSync sync;
                RedisViewCache cache;

                record Caseload() {}

                abstract List<Caseload> query(javax.sql.DataSource dataSource);

                void example() throws Exception {
            %s
                }
            }
            """;

    @TempDir
    Path classes;

    private static List<String> blocks(String readme, String language) {
        return Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$")
                .matcher(readme)
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
    }

    @Test
    void every_code_block_compiles() throws IOException {
        List<String> examples = blocks(Files.readString(ROOT.resolve("README.md")), "java");
        assertThat(examples).hasSizeGreaterThanOrEqualTo(4);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        for (int i = 0; i < examples.size(); i++) {
            StringWriter said = new StringWriter();
            JavaFileObject source = source(i, AROUND.formatted(i, examples.get(i)));
            List<String> options = List.of("-proc:none", "-implicit:none", "-d", classes.toString());

            boolean compiled = compiler.getTask(said, null, null, options, null, List.of(source))
                    .call();

            assertThat(compiled).as("%s%n%s", examples.get(i), said).isTrue();
        }
    }

    private static JavaFileObject source(int number, String text) {
        URI name = URI.create("string:///Example" + number + ".java");
        return new SimpleJavaFileObject(name, JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    @Test
    void its_test_command_is_what_continuous_integration_runs() throws IOException {
        List<String> commands = blocks(Files.readString(ROOT.resolve("README.md")), "");

        assertThat(commands).contains("mvn -B verify\n");
        assertThat(Files.readAllLines(ROOT.resolve(".ci/run"))).last().isEqualTo("exec mvn -B verify");
    }
}
