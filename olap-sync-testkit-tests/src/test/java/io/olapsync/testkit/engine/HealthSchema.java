package io.olapsync.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.olapsync.SyncHealth;
import io.olapsync.report.HealthJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The schema in the documentation. */
final class HealthSchema {

    private static final Schema SCHEMA = read();

    private HealthSchema() {}

    /** Fails where the document is not as the schema says. */
    static String valid(SyncHealth health) {
        String json = HealthJson.write(health);
        assertThat(violations(json)).as(json).isEmpty();
        return json;
    }

    static List<String> violations(String json) {
        return SCHEMA
                .validate(
                        json,
                        InputFormat.JSON,
                        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)))
                .stream()
                .map(Object::toString)
                .toList();
    }

    private static Schema read() {
        Path file = Path.of("..", "docs", "health.schema.json");
        try {
            String text = Files.readString(file);
            return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                    .getSchema(text, InputFormat.JSON);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
