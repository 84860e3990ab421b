package io.olapsync.examples.star;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What must hold between the two fact views and their dimensions when all of them show one moment of the tables.
 *
 * <ul>
 *   <li>{@link #total}: assets at book value ({@code mv_business_fact}) and net cash ({@code mv_cashflow_fact}) together
 *       do not change while {@link StarChanges#moveAmount} is the only writer.
 *   <li>{@link #repaidByCase} equals {@link #repaidByMonth} whatever is written: both facts sum the same payments.
 *   <li>{@link #misplaced} is 0: the {@code org_id} of a fact row means the organisation that the row was computed for.
 * </ul>
 *
 * @param assets {@code sum(asset_amount)} of {@code mv_business_fact}, in won
 * @param cash {@code sum(net_amount)} of {@code mv_cashflow_fact}, in won
 * @param repaidByCase {@code sum(paid_amount)} of {@code mv_business_fact}, in won
 * @param repaidByMonth {@code sum(repaid_amount)} of {@code mv_cashflow_fact}, in won
 * @param misplaced rows of either fact whose {@code org_id} is missing from {@code dim_org} or means another organisation
 */
public record StarInvariant(
        BigDecimal assets, BigDecimal cash, BigDecimal repaidByCase, BigDecimal repaidByMonth, long misplaced) {

    private static final String VIEWS = """
            SELECT b.assets, c.cash, b.repaid, c.repaid, b.misplaced + c.misplaced
            FROM (SELECT coalesce(sum(f.asset_amount), 0.00) AS assets,
                         coalesce(sum(f.paid_amount), 0.00) AS repaid,
                         count(*) FILTER (WHERE o.org_code IS DISTINCT FROM f.org_code) AS misplaced
                  FROM public.mv_business_fact f LEFT JOIN public.dim_org o ON o.org_id = f.org_id) b,
                 (SELECT coalesce(sum(f.net_amount), 0.00) AS cash,
                         coalesce(sum(f.repaid_amount), 0.00) AS repaid,
                         count(*) FILTER (WHERE o.org_code IS DISTINCT FROM f.org_code) AS misplaced
                  FROM public.mv_cashflow_fact f LEFT JOIN public.dim_org o ON o.org_id = f.org_id) c
            """;

    private static final String TABLES = """
            SELECT a.assets, c.cash, p.repaid, p.repaid, 0
            FROM (SELECT coalesce(sum(book_value), 0.00) AS assets FROM public.assets) a,
                 (SELECT coalesce(sum(CASE WHEN direction = 'in' THEN amount ELSE -amount END), 0.00) AS cash
                  FROM public.cash_flow_entries) c,
                 (SELECT coalesce(sum(paid_amount), 0.00) AS repaid FROM public.performance_records) p
            """;

    /**
     * What a reader of the views sees, in one statement and so in one snapshot.
     *
     * @throws SQLException with SQLSTATE 55000 when a view was never populated
     */
    public static StarInvariant ofViews(Connection connection) throws SQLException {
        return read(connection, VIEWS);
    }

    /** The same sums over the tables, in one statement; here nothing can be misplaced. */
    public static StarInvariant ofTables(Connection connection) throws SQLException {
        return read(connection, TABLES);
    }

    /** The {@link #total} that a reader of the views sees now. */
    public static BigDecimal sum(Connection connection) throws SQLException {
        return ofViews(connection).total();
    }

    /** Assets and net cash together, in won. */
    public BigDecimal total() {
        return assets.add(cash);
    }

    /** Whether the views show one moment, as far as one reading can tell: {@link #total} must be compared by the caller. */
    public boolean isWhole() {
        return misplaced == 0 && repaidByCase.compareTo(repaidByMonth) == 0;
    }

    private static StarInvariant read(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return new StarInvariant(
                    row.getBigDecimal(1),
                    row.getBigDecimal(2),
                    row.getBigDecimal(3),
                    row.getBigDecimal(4),
                    row.getLong(5));
        }
    }
}
