package io.olapsync.jdbc.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.olapsync.jdbc.PostgresSchema;
import org.junit.jupiter.api.Test;

class SqlScriptTest {

    @Test
    void statements_are_told_apart_by_the_semicolons_that_end_them() {
        assertThat(SqlScript.statements("""
                -- a comment; with a semicolon, and a quote: '
                SELECT 1; -- another;
                SELECT 'a;''b--', "c;d" -- in the middle;
                  FROM t;
                ;
                DO $$ BEGIN PERFORM 1; END $$;
                SELECT $x$ ; $$ ; $x$, $1
                """))
                .containsExactly(
                        "SELECT 1",
                        "SELECT 'a;''b--', \"c;d\" \n  FROM t",
                        "DO $$ BEGIN PERFORM 1; END $$",
                        "SELECT $x$ ; $$ ; $x$, $1");
    }

    @Test
    void long_literals_are_taken() {
        String literal = "'" + "x''".repeat(100_000) + "'";
        assertThat(SqlScript.statements("SELECT " + literal + ";")).containsExactly("SELECT " + literal);
    }

    @Test
    void file_of_the_library_has_one_command_in_each() {
        assertThat(SqlScript.statements(PostgresSchema.sql()))
                .hasSizeGreaterThan(8)
                .allMatch(sql -> sql.matches("(?s)(CREATE|INSERT) .*"))
                .filteredOn(sql -> !sql.contains("$$"))
                .noneMatch(sql -> sql.contains(";") || sql.contains("--"));
    }
}
