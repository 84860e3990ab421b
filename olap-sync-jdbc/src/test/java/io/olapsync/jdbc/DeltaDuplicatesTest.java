package io.olapsync.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.RefreshLock;
import io.olapsync.spi.SyncKind;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A definition that gives a row of its unique index twice is refused, as a refresh of a materialized view refuses it. */
@Tag("one-major")
class DeltaDuplicatesTest {

    private static final ViewName VIEW = ViewName.parse("given");

    private DeltaFixture deltas;

    @BeforeEach
    void convert() {
        deltas = new DeltaFixture(
                List.of(
                        "CREATE TABLE things (id int, grp int, v text)",
                        "CREATE MATERIALIZED VIEW given AS SELECT id, grp, v FROM things",
                        "CREATE UNIQUE INDEX ON given (id)"),
                List.of("INSERT INTO things SELECT i, i % 10, 'v' FROM generate_series(1, 100) i"));
        deltas.convert(Map.of(VIEW, DeltaSpec.key("grp").source("things", "grp")));
        deltas.refresh(VIEW);
    }

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
                    INCREMENTAL | INSERT INTO things SELECT * FROM things WHERE id = 7
                    INCREMENTAL | INSERT INTO things VALUES (7, 7, 'w')
                    INCREMENTAL | UPDATE things SET v = 'w' WHERE id = 7; INSERT INTO things SELECT * FROM things WHERE id = 7
                    INCREMENTAL | INSERT INTO things VALUES (101, 1, 'v'), (101, 1, 'v')
                    INCREMENTAL | INSERT INTO things SELECT * FROM things WHERE id = 7; DELETE FROM things WHERE id = 17
                    FULL | INSERT INTO things SELECT * FROM things WHERE id = 7
                    FULL | INSERT INTO things VALUES (7, 7, 'w')
                    FULL | INSERT INTO things VALUES (101, 1, 'v'), (101, 1, 'v')
                    FULL | INSERT INTO things SELECT * FROM things WHERE id = 7; INSERT INTO things VALUES (NULL, 7, 'x'), (NULL, 7, 'x'); DELETE FROM things WHERE id = 17
                    """)
    void row_that_the_definition_gives_twice_is_refused_and_nothing_is_written(SyncKind kind, String change)
            throws Exception {
        String before = rows();
        deltas.db.execute(change.split("; "));
        try (RefreshLock lock = deltas.fixture.locks.tryAcquire(Set.of(VIEW)).orElseThrow()) {
            RefreshException refused = catchThrowableOfType(
                    RefreshException.class,
                    () -> deltas.fixture.executor.refresh(DeltaFixture.request(kind, VIEW), lock));
            assertThat(refused.kind()).isEqualTo(RefreshException.Kind.PERMANENT);
            assertThat(refused.sqlState().orElseThrow()).isIn("21000", "23505");
            assertThat(refused.remedy().orElseThrow()).contains("unique index");
        }
        assertThat(rows()).isEqualTo(before);
    }

    private String rows() {
        return deltas.db.queryForString("SELECT string_agg(given::text, ' ' ORDER BY given::text) FROM given");
    }
}
