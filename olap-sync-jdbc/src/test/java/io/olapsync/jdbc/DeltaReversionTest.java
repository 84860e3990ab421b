package io.olapsync.jdbc;

import static io.olapsync.jdbc.DeltaFixture.LINES;
import static io.olapsync.jdbc.DeltaFixture.LINES_SPEC;
import static io.olapsync.jdbc.DeltaFixture.TOTALS;
import static io.olapsync.jdbc.DeltaFixture.TOTALS_SPEC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.olapsync.InvalidPlanException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What stands in the way of becoming a materialized view again is said, and nothing is done. */
@Timeout(120)
@Tag("one-major")
class DeltaReversionTest {

    private final DeltaFixture deltas = DeltaFixture.begun("to be reverted", shop -> {
        shop.db.execute("CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'");
        shop.convert(Map.of(LINES, LINES_SPEC, TOTALS, TOTALS_SPEC));
    });

    @AfterEach
    void close() throws Exception {
        deltas.close();
    }

    private List<String> picture() {
        return DeltaPicture.of(deltas.db, true, "public", "olap_sync");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE order_lines ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON order_lines USING (true) | policy p",
                "CREATE RULE r AS ON INSERT TO order_lines DO ALSO SELECT 1 | rule r",
                "CREATE TRIGGER mine AFTER INSERT ON order_lines FOR EACH STATEMENT EXECUTE FUNCTION tg() | trigger mine",
                "ALTER TABLE order_lines ADD CHECK (order_id > 0) | constraint order_lines_order_id_check",
                "ALTER TABLE order_lines ALTER COLUMN amount SET DEFAULT 3 | default value",
                "CREATE PUBLICATION p FOR TABLE order_lines | publication",
                "CREATE TABLE child () INHERITS (order_lines) | child",
                "ALTER TABLE order_lines ENABLE ROW LEVEL SECURITY | row security",
                "ALTER TABLE order_lines ADD COLUMN more int | more",
                "ALTER TABLE order_lines ALTER COLUMN amount SET NOT NULL | amount"
            })
    void what_a_materialized_view_cannot_have_is_refused_on_the_way_back(String obstacle, String named) {
        deltas.db.execute(obstacle);
        List<String> before = picture();

        InvalidPlanException refused =
                catchThrowableOfType(InvalidPlanException.class, () -> deltas.deltas.revert(List.of(LINES)));

        assertThat(refused).isNotNull().hasMessageContaining(named).hasMessageContaining("\"order_lines\"");
        assertThat(picture()).isEqualTo(before);
    }
}
