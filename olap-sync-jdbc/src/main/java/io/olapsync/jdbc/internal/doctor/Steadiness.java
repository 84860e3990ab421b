package io.olapsync.jdbc.internal.doctor;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the same rows give the same view.
 *
 * @param clocks what of its definition asks for the time
 * @param random what of its definition gives another result each time
 */
public record Steadiness(List<String> clocks, List<String> random) {

    public Steadiness {
        clocks = List.copyOf(clocks);
        random = List.copyOf(random);
    }

    /** That of the view with this oid, materialized or not, found in the transaction of the connection. */
    public static Steadiness of(Connection connection, long view) throws SQLException {
        Queries queries = new Queries(connection);
        Calls calls = Calls.in(
                Definitions.read(queries, List.of(view)).queriesOf(view).values());
        List<Function> functions = Function.load(queries, calls.functions());
        Calls inBodies = Calls.in(Function.bodies(functions));
        List<String> keywords = new ArrayList<>(calls.keywords());
        keywords.addAll(inBodies.keywords());
        return new Steadiness(
                DefinitionRules.clocks(functions, keywords).stream().distinct().toList(),
                DefinitionRules.random(functions, calls.samples() || inBodies.samples()));
    }
}
