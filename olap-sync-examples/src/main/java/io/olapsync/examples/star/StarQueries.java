package io.olapsync.examples.star;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The OLAP queries of the example: they read views only, as a reader role may. */
public final class StarQueries {

    /**
     * The cash of one organisation in one quarter, in won.
     *
     * @param org the organisation's name
     * @param quarter such as {@code 2025 Q3}
     * @param inflow booked in
     * @param outflow booked out
     * @param repaid paid to stakeholders under a plan
     */
    public record QuarterlyCash(String org, String quarter, BigDecimal inflow, BigDecimal outflow, BigDecimal repaid) {}

    /**
     * The cases of one type.
     *
     * @param caseType its Korean name
     * @param cases how many there are
     * @param claims claimed, in won
     * @param admitted admitted of it, in won
     * @param repaid repaid of it, in won
     */
    public record Caseload(String caseType, long cases, BigDecimal claims, BigDecimal admitted, BigDecimal repaid) {}

    private static final String QUARTERLY_CASH = """
            SELECT o.org_name, t.quarter_en, sum(f.inflow_amount), sum(f.outflow_amount), sum(f.repaid_amount)
            FROM public.mv_cashflow_fact f
            JOIN public.dim_org o ON o.org_id = f.org_id
            JOIN public.dim_time t ON t.time_id = f.time_id
            WHERE t.year = ?
            GROUP BY o.org_code, o.org_name, t.quarter_en
            ORDER BY sum(f.inflow_amount) DESC, o.org_code, t.quarter_en
            LIMIT ?
            """;

    private static final String CASELOADS = """
            SELECT ct.name_ko, sum(f.cases), sum(f.claim_amount), sum(f.admitted_amount), sum(f.paid_amount)
            FROM public.mv_business_fact f
            JOIN public.dim_case_type ct ON ct.case_type_id = f.case_type_id
            GROUP BY ct.case_type, ct.name_ko
            ORDER BY sum(f.cases) DESC, ct.case_type COLLATE "C"
            """;

    private StarQueries() {}

    /**
     * The quarters with the highest inflow in a year, highest first.
     *
     * @param limit at most so many rows
     */
    public static List<QuarterlyCash> quarterlyCash(Connection connection, int year, int limit) throws SQLException {
        List<QuarterlyCash> result = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(QUARTERLY_CASH)) {
            query.setInt(1, year);
            query.setInt(2, limit);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    result.add(new QuarterlyCash(
                            rows.getString(1),
                            rows.getString(2),
                            rows.getBigDecimal(3),
                            rows.getBigDecimal(4),
                            rows.getBigDecimal(5)));
                }
            }
        }
        return List.copyOf(result);
    }

    /** All case types, the one with the most cases first. */
    public static List<Caseload> caseloads(Connection connection) throws SQLException {
        List<Caseload> result = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement(CASELOADS);
                ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                result.add(new Caseload(
                        rows.getString(1),
                        rows.getLong(2),
                        rows.getBigDecimal(3),
                        rows.getBigDecimal(4),
                        rows.getBigDecimal(5)));
            }
        }
        return List.copyOf(result);
    }
}
