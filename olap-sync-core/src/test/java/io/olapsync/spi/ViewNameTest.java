package io.olapsync.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ViewNameTest {

    @Test
    void schema_is_public_where_none_is_given() {
        assertThat(ViewName.parse("mv_sales")).isEqualTo(ViewName.of("public", "mv_sales"));
        assertThat(ViewName.parse("olap.mv_sales")).isEqualTo(ViewName.of("olap", "mv_sales"));
    }

    @Test
    void case_is_kept_and_tells_views_apart() {
        assertThat(ViewName.parse("Sales")).isNotEqualTo(ViewName.parse("sales"));
        assertThat(ViewName.parse("Sales").sql()).isEqualTo("\"public\".\"Sales\"");
    }

    @Test
    void quotes_wrap_a_part_and_are_doubled_inside() {
        ViewName name = ViewName.parse("\"my.schema\".\"a \"\"view\"\"\"");

        assertThat(name).isEqualTo(ViewName.of("my.schema", "a \"view\""));
        assertThat(name.sql()).isEqualTo("\"my.schema\".\"a \"\"view\"\"\"");
    }

    @Test
    void sql_keeps_a_hostile_name_within_its_quotes() {
        assertThat(ViewName.of("public", "x\"; DROP TABLE cases; --").sql())
                .isEqualTo("\"public\".\"x\"\"; DROP TABLE cases; --\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "mv_sales      | mv_sales",
                "매출_요약       | 매출_요약",
                "olap.매출       | olap.매출",
                "\"my view\"    | \"my view\"",
                "my-view       | \"my-view\"",
                "\"public\".a  | a",
                "public.\"a.b\"| \"a.b\"",
            })
    void text_is_the_shortest_that_reads_back(String text, String shown) {
        assertThat(ViewName.parse(text)).hasToString(shown);
    }

    @Test
    void sixty_three_bytes_are_kept_and_sixty_four_refused() {
        assertThat(ViewName.of("public", "a".repeat(63)).name()).hasSize(63);
        assertThat(ViewName.of("매".repeat(21), "매".repeat(21)).name()).hasSize(21);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewName.parse("a".repeat(64)))
                .withMessageContaining("64 bytes")
                .withMessageContaining("63");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewName.of("public", "매".repeat(21) + "a"))
                .withMessageContaining("64 bytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewName.of("s".repeat(64), "a"))
                .withMessageContaining("64 bytes");
    }

    @Test
    void quotes_do_not_count_towards_the_length() {
        String name = "\"".repeat(63);

        assertThat(ViewName.parse(ViewName.of("public", name).toString()).name())
                .isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "a.",
                ".a",
                "a..b",
                "a.b.c",
                "\"\"",
                "a.\"\"",
                "\"a",
                "\"a\"b",
                "a\"b",
                "a\"b\"",
                "\"a\"\"",
                "\"a\".",
                "a\0b",
                "\"",
                "\"a\" .b"
            })
    void what_is_no_name_is_refused_with_a_reason(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewName.parse(text))
                .withMessageMatching("(?s).{20,}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\uD800", "a\uDC00", "\uDC00\uD800"})
    void half_a_character_is_refused_because_utf_8_cannot_hold_it(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ViewName.of("public", text))
                .withMessageContaining("UTF-8");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void any_name_reads_back_from_its_text(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            ViewName name = ViewName.of(random.nextBoolean() ? "public" : part(random), part(random));

            assertThat(ViewName.parse(name.toString()))
                    .as("seed %d, %s", seed, name)
                    .isEqualTo(name);
            assertThat(ViewName.parse(name.sql())).as("seed %d, %s", seed, name).isEqualTo(name);
        }
    }

    @Test
    void order_is_by_schema_and_then_by_name() {
        assertThat(ViewName.of("a", "z")).isLessThan(ViewName.of("b", "a"));
        assertThat(ViewName.of("a", "a")).isLessThan(ViewName.of("a", "b"));
        assertThat(ViewName.of("a", "a")).isEqualByComparingTo(ViewName.of("a", "a"));
    }

    private static String part(Random random) {
        String alphabet = "ab매출😀 .\"'+*,:;\\\n\t-_$%é";
        int[] characters = alphabet.codePoints().toArray();
        return random.ints(1 + random.nextInt(12), 0, characters.length)
                .mapToObj(at -> Character.toString(characters[at]))
                .collect(Collectors.joining());
    }
}
