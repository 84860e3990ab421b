package io.olapsync.examples.star;

import io.olapsync.SyncPlan;
import io.olapsync.spi.DeltaSpec;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The example's views once more in a schema of their own, with a summary over one of the facts, as materialized views or as
 * delta tables.
 *
 * <p>The facts read the dimensions, so these are delta tables as well: only a table can tell what has changed in it. Of
 * {@code dim_org} and {@code dim_time} any change of a case can change all, so they are recomputed whole and compared.
 */
public final class StarDeltas {

    /** A view over a view: the caseload of each organisation by status. */
    public static final String SUMMARY = "mv_org_caseload";

    /** What is asked for; what these read goes before them. */
    public static final List<String> FACTS =
            Stream.concat(StarSchema.FACTS.stream(), Stream.of(SUMMARY)).toList();

    private static final String SUMMARY_DEFINITION = """
            SELECT f.org_code, f.case_status, count(*) AS rows, sum(f.cases) AS cases, sum(f.stakeholders) AS stakeholders,
                   sum(f.claim_amount) AS claim_amount, sum(f.admitted_amount) AS admitted_amount
              FROM public.mv_business_fact f GROUP BY f.org_code, f.case_status""";

    private static final Map<String, String> KEYS = Map.of(
            "dim_case_type",
            "case_type_id",
            "dim_org",
            "org_id",
            "dim_time",
            "time_id",
            "dim_stakeholder_type",
            "stakeholder_type_id",
            "mv_business_fact",
            "case_id, stakeholder_type_id",
            "mv_cashflow_fact",
            "org_id, case_type_id, stakeholder_type_id, time_id",
            SUMMARY,
            "org_code, case_status");

    private StarDeltas() {}

    /** Creates the schema with the views, populated, each with its unique index. Needs the example's star in {@code public}. */
    public static void create(Connection connection, String schema) throws SQLException {
        Transactions.inOne(connection, tx -> {
            StarSchema.execute(tx, "CREATE SCHEMA " + schema);
            StarSchema.execute(tx, "SET LOCAL search_path = pg_catalog"); // so that definitions name the schemas
            for (Map.Entry<String, String> view : definitions(tx).entrySet()) {
                String name = schema + "." + view.getKey();
                StarSchema.execute(
                        tx,
                        "CREATE MATERIALIZED VIEW " + name + " AS "
                                + view.getValue().replaceAll("\\bpublic\\.(dim_|mv_)", schema + ".$1"));
                StarSchema.execute(tx, "CREATE UNIQUE INDEX ON " + name + " (" + KEYS.get(view.getKey()) + ")");
                StarSchema.execute(tx, "ANALYZE " + name);
            }
            return schema;
        });
    }

    private static Map<String, String> definitions(Connection connection) throws SQLException {
        Map<String, String> definitions = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement()) {
            for (String view : StarSchema.VIEWS) {
                String sql = "SELECT rtrim(pg_get_viewdef('public." + view + "'::regclass), ';')";
                try (ResultSet row = statement.executeQuery(sql)) {
                    row.next();
                    definitions.put(view, row.getString(1));
                }
            }
        }
        definitions.put(SUMMARY, SUMMARY_DEFINITION);
        return definitions;
    }

    /** Drops the schema with the views, which must be materialized views; nothing where it is not there. */
    public static void drop(Connection connection, String schema) throws SQLException {
        Transactions.inOne(connection, tx -> {
            StarSchema.execute(tx, "DROP SCHEMA IF EXISTS " + schema + " CASCADE");
            return schema;
        });
    }

    /** The seven views, in an order in which they can be refreshed. */
    public static List<String> views(String schema) {
        return Stream.concat(StarSchema.VIEWS.stream(), Stream.of(SUMMARY))
                .map(view -> schema + "." + view)
                .toList();
    }

    /** The plan of the views in this schema as materialized views. */
    public static SyncPlan plan(String schema) {
        return plan(schema, Map.of());
    }

    /** The plan of the views in this schema as delta tables. */
    public static SyncPlan deltaPlan(String schema) {
        return plan(schema, specs(schema + "."));
    }

    private static SyncPlan plan(String schema, Map<String, DeltaSpec> specs) {
        SyncPlan.Builder plan = SyncPlan.named(schema);
        for (String view : views(schema)) {
            String name = view.substring(schema.length() + 1);
            List<String> after = new ArrayList<>();
            if (StarSchema.FACTS.contains(name)) {
                StarSchema.DIMENSIONS.forEach(dimension -> after.add(schema + "." + dimension));
            } else if (name.equals(SUMMARY)) {
                after.add(schema + ".mv_business_fact");
            }
            plan.view(view, options -> {
                options.after(after.toArray(String[]::new));
                DeltaSpec spec = specs.get(name);
                if (spec != null) {
                    options.delta(spec);
                }
            });
        }
        return plan.build();
    }

    private static Map<String, DeltaSpec> specs(String schema) {
        return Map.of(
                "dim_case_type",
                DeltaSpec.key("case_type").source("cases", "case_type"),
                "dim_org",
                DeltaSpec.key("org_id").whole("cases"),
                "dim_time",
                DeltaSpec.key("time_id")
                        .whole("cases")
                        .whole("cash_flow_entries")
                        .whole("performance_records"),
                "dim_stakeholder_type",
                DeltaSpec.key("stakeholder_type_id").source("stakeholders", "stakeholder_type"),
                "mv_business_fact",
                businessFact(schema),
                "mv_cashflow_fact",
                cashFlowFact(schema),
                SUMMARY,
                DeltaSpec.key("org_code", "case_status")
                        .source(schema + "mv_business_fact", "org_code", "case_status"));
    }

    private static DeltaSpec businessFact(String schema) {
        return DeltaSpec.key("case_id")
                .source("cases", "case_id")
                .source("stakeholders", "case_id")
                .source("performance_records", "case_id")
                .source("assets", "case_id")
                .source("case_user_roles", "case_id")
                .lookup(
                        schema + "dim_case_type",
                        "SELECT c.case_id FROM changed JOIN public.cases c USING (case_type)",
                        "case_type")
                .lookup(
                        schema + "dim_org",
                        "SELECT c.case_id FROM changed JOIN public.cases c USING (org_code)",
                        "org_code")
                .lookup(
                        schema + "dim_time",
                        "SELECT c.case_id FROM changed JOIN public.cases c ON c.opened_on = changed.day",
                        "day")
                .whole(schema + "dim_stakeholder_type");
    }

    private static DeltaSpec cashFlowFact(String schema) {
        String groups = "SELECT o.org_id, ct.case_type_id, coalesce(s.stakeholder_type, 'none'), t.month_time_id"
                + " FROM changed e JOIN public.cases c ON c.case_id = e.case_id"
                + " LEFT JOIN public.stakeholders s ON s.case_id = e.case_id AND s.stakeholder_id = e.stakeholder_id"
                + " JOIN " + schema + "dim_case_type ct ON ct.case_type = c.case_type"
                + " JOIN " + schema + "dim_org o ON o.org_code = c.org_code"
                + " JOIN " + schema + "dim_time t ON t.day = e.";
        return DeltaSpec.key("org_id", "case_type_id", "stakeholder_type_id", "time_id")
                .lookup("cash_flow_entries", groups + "booked_on", "case_id", "stakeholder_id", "booked_on")
                .lookup("performance_records", groups + "performed_on", "case_id", "stakeholder_id", "performed_on")
                .whole("cases")
                .whole("stakeholders")
                .whole(schema + "dim_case_type")
                .whole(schema + "dim_org")
                .whole(schema + "dim_time")
                .whole(schema + "dim_stakeholder_type");
    }
}
