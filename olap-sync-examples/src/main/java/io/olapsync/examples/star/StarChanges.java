package io.olapsync.examples.star;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Small business changes, each one transaction: the same seed on the same data gives the same sequence of changes.
 *
 * <p>Every method takes a connection in auto-commit mode, blocks, and leaves it in that mode; the changed days stay
 * within those that the generator uses. Needs loaded data.
 *
 * <p>Not thread-safe: give each writer its own instance and connection. Writers on one database do not disturb each other.
 */
public final class StarChanges {

    /** What else a transaction does once it has made its change. */
    @FunctionalInterface
    public interface Companion {

        /** Called in the transaction, which is committed after it, or rolled back where this throws. */
        void accompany(Connection tx, StarChange change) throws SQLException;
    }

    private final Dice dice;
    private final Companion companion;

    private StarChanges(Dice dice, Companion companion) {
        this.dice = dice;
        this.companion = companion;
    }

    /** A sequence of changes drawn from this seed. */
    public static StarChanges seeded(long seed) {
        return new StarChanges(new Dice(seed), (tx, change) -> {});
    }

    /** The rest of this sequence, with company in each transaction: the row of an outbox, for instance. */
    public StarChanges with(Companion companion) {
        return new StarChanges(dice, companion);
    }

    /** One case with its debtor, in an organisation that has cases already. */
    public StarChange newCase(Connection connection) throws SQLException {
        StarNames.Org org = dice.pickSkewed(StarNames.ORGS);
        return newCase(connection, org.code(), org.name());
    }

    /**
     * One case with its debtor, in an organisation of a new code that sorts before all others: {@code dim_org} is
     * renumbered whole, and so is every fact row.
     */
    public StarChange newCaseInNewOrg(Connection connection) throws SQLException {
        String code = "AT-" + (1_000_000 + dice.below(9_000_000));
        return newCase(connection, code, "Landesgericht Wien " + code.substring(3));
    }

    /**
     * One case with its debtor.
     *
     * @param orgCode of the organisation that handles it, new or not
     * @param orgName of the organisation, for a code that is new
     */
    public StarChange newCase(Connection connection, String orgCode, String orgName) throws SQLException {
        LocalDate opened = someDay();
        return inOne(connection, tx -> {
            long caseId = id(
                    tx,
                    """
                    INSERT INTO public.cases (case_no, case_type, title, org_code, org_name, org_region, status, opened_on)
                    VALUES (?, ?, ?, ?, ?, (SELECT min(org_region) FROM public.cases WHERE org_code = ?), 'filed', ?)
                    RETURNING case_id""",
                    opened.getYear() + "회합-" + Long.toUnsignedString(dice.next(), 36),
                    dice.pickSkewed(StarNames.CASE_TYPES),
                    StarNames.firm(dice) + " 회생사건",
                    orgCode,
                    orgName,
                    orgCode,
                    opened);
            insertStakeholder(tx, caseId, "debtor", BigDecimal.ZERO);
            return change("case_created", List.of(caseId), BigDecimal.ZERO, "cases", 1, "stakeholders", 1);
        });
    }

    /** An open case takes the next status on its way, which for a confirmed one is to be closed. */
    public StarChange changeStatus(Connection connection) throws SQLException {
        LocalDate closed = StarRows.LAST_DAY;
        return inOne(connection, tx -> {
            long caseId = pick(tx, "cases", "case_id", "status NOT IN ('closed', 'withdrawn')");
            run(tx, """
                    UPDATE public.cases
                    SET status = CASE status WHEN 'filed' THEN 'opened' WHEN 'opened' THEN 'plan_submitted'
                                             WHEN 'plan_submitted' THEN 'confirmed' ELSE 'closed' END,
                        closed_on = CASE WHEN status NOT IN ('filed', 'opened', 'plan_submitted') THEN ?::date END,
                        updated_at = now()
                    WHERE case_id = ?""", closed, caseId);
            return change("case_status_changed", List.of(caseId), BigDecimal.ZERO, "cases", 1);
        });
    }

    /** One more stakeholder of a case, with a claim that is not admitted yet. */
    public StarChange registerStakeholder(Connection connection) throws SQLException {
        BigDecimal claim = amount();
        return inOne(connection, tx -> {
            long caseId = pick(tx, "cases", "case_id", "true");
            long id = insertStakeholder(tx, caseId, dice.pickSkewed(StarNames.STAKEHOLDER_TYPES), claim);
            return change("stakeholder_registered", List.of(id), claim, "stakeholders", 1);
        });
    }

    /** A stakeholder's claim is admitted in full. */
    public StarChange admitStakeholder(Connection connection) throws SQLException {
        return inOne(connection, tx -> {
            long id = pick(tx, "stakeholders", "stakeholder_id", "status <> 'admitted'");
            BigDecimal admitted = row(tx, """
                    UPDATE public.stakeholders
                    SET status = 'admitted', admitted_amount = claim_amount, admitted_at = now()
                    WHERE stakeholder_id = ? RETURNING admitted_amount""", id);
            return change("stakeholder_admitted", List.of(id), admitted, "stakeholders", 1);
        });
    }

    /** A repayment made to a stakeholder: both facts show it. */
    public StarChange recordPerformance(Connection connection) throws SQLException {
        BigDecimal paid = amount();
        LocalDate day = someDay();
        return inOne(connection, tx -> {
            long stakeholder = pick(tx, "stakeholders", "stakeholder_id", "true");
            long id = id(tx, """
                    INSERT INTO public.performance_records
                        (case_id, stakeholder_id, due_on, performed_on, planned_amount, paid_amount, note)
                    SELECT case_id, stakeholder_id, ?, ?, ?, ?, ? FROM public.stakeholders WHERE stakeholder_id = ?
                    RETURNING record_id""", day, day, paid, paid, dice.pick(StarNames.MEMOS), stakeholder);
            return change("performance_recorded", List.of(id), paid, "performance_records", 1);
        });
    }

    /**
     * Cash flow entries, each for some stakeholder; about half of them in.
     *
     * @param count 1 or more
     */
    public StarChange addCashFlow(Connection connection, int count) throws SQLException {
        requirePositive(count);
        return inOne(connection, tx -> {
            List<Long> ids = new ArrayList<>();
            BigDecimal total = BigDecimal.ZERO;
            for (int i = 0; i < count; i++) {
                BigDecimal amount = amount();
                boolean in = dice.chance(55);
                long stakeholder = pick(tx, "stakeholders", "stakeholder_id", "true");
                ids.add(id(
                        tx,
                        """
                        INSERT INTO public.cash_flow_entries
                            (case_id, stakeholder_id, booked_on, direction, category, amount, memo)
                        SELECT case_id, stakeholder_id, ?, ?, ?, ?, ? FROM public.stakeholders WHERE stakeholder_id = ?
                        RETURNING entry_id""",
                        someDay(),
                        in ? "in" : "out",
                        dice.pickSkewed(in ? StarNames.CATEGORIES_IN : StarNames.CATEGORIES_OUT),
                        amount,
                        dice.pick(StarNames.MEMOS),
                        stakeholder));
                total = total.add(amount);
            }
            return change("cash_flow_entry_created", ids, total, "cash_flow_entries", count);
        });
    }

    /**
     * Deletes cash flow entries, as a correction does: no watermark ever sees it.
     *
     * @param count 1 or more; where there are fewer entries, all of them go
     */
    public StarChange removeEntries(Connection connection, int count) throws SQLException {
        requirePositive(count);
        return inOne(connection, tx -> {
            List<Long> ids = new ArrayList<>();
            BigDecimal total = BigDecimal.ZERO;
            long from = pick(tx, "cash_flow_entries", "entry_id", "true");
            try (PreparedStatement delete = tx.prepareStatement("""
                    DELETE FROM public.cash_flow_entries WHERE entry_id IN
                        (SELECT entry_id FROM public.cash_flow_entries
                         WHERE entry_id >= least(?, (SELECT min(l.entry_id) FROM
                             (SELECT entry_id FROM public.cash_flow_entries ORDER BY entry_id DESC LIMIT ?) l))
                         ORDER BY entry_id LIMIT ?)
                    RETURNING entry_id, amount""")) {
                bind(delete, from, count, count);
                try (ResultSet rows = delete.executeQuery()) {
                    while (rows.next()) {
                        ids.add(rows.getLong(1));
                        total = total.add(rows.getBigDecimal(2));
                    }
                }
            }
            return change("cash_flow_entries_removed", ids, total, "cash_flow_entries", ids.size());
        });
    }

    /**
     * Turns part of an asset into cash, or cash into more of an asset: {@link StarInvariant#total} stays what it was, and
     * each fact view carries one side.
     */
    public StarChange moveAmount(Connection connection) throws SQLException {
        return inOne(connection, tx -> {
            long asset = pick(tx, "assets", "asset_id", "true");
            boolean sale = dice.chance(50);
            // Locks the asset, so that of two sales at once the second sees what the first left.
            BigDecimal value = row(tx, "SELECT book_value FROM public.assets WHERE asset_id = ? FOR UPDATE", asset);
            BigDecimal part = sale ? value.divideToIntegralValue(BigDecimal.valueOf(2L + dice.below(9))) : amount();
            run(
                    tx,
                    "UPDATE public.assets SET book_value = book_value + ?, updated_at = now() WHERE asset_id = ?",
                    sale ? part.negate() : part,
                    asset);
            run(tx, """
                    INSERT INTO public.cash_flow_entries (case_id, stakeholder_id, booked_on, direction, category, amount)
                    SELECT case_id, pledged_to, ?, ?, 'asset sale', ? FROM public.assets WHERE asset_id = ?""", someDay(), sale ? "in" : "out", part, asset);
            return change("amount_moved", List.of(asset), part, "assets", 1, "cash_flow_entries", 1);
        });
    }

    private StarChange inOne(Connection connection, Transactions.Work<StarChange> work) throws SQLException {
        return Transactions.inOne(connection, tx -> {
            StarChange change = work.on(tx);
            companion.accompany(tx, change);
            return change;
        });
    }

    private long insertStakeholder(Connection tx, long caseId, String type, BigDecimal claim) throws SQLException {
        return id(tx, """
                INSERT INTO public.stakeholders (case_id, stakeholder_type, name, country, status, claim_amount)
                VALUES (?, ?, ?, 'KR', 'registered', ?) RETURNING stakeholder_id""", caseId, type, StarNames.stakeholder(type, dice), claim);
    }

    /** The id of some row that meets the condition: the first from a random id on, or else the first of all. */
    private long pick(Connection tx, String table, String id, String condition) throws SQLException {
        long highest = id(tx, "SELECT coalesce(max(" + id + "), 0) FROM public." + table);
        long from = 1 + (dice.next() >>> 1) % Math.max(1, highest);
        String sql = "SELECT coalesce((SELECT min(%1$s) FROM public.%2$s WHERE %1$s >= ? AND %3$s),"
                + " (SELECT min(%1$s) FROM public.%2$s WHERE %3$s), 0)";
        long picked = id(tx, sql.formatted(id, table, condition), from);
        if (picked == 0) {
            throw new IllegalStateException("no row of public." + table + " where " + condition + ": load data first");
        }
        return picked;
    }

    private LocalDate someDay() {
        return StarRows.day(dice.below(StarRows.DAYS));
    }

    private BigDecimal amount() {
        return BigDecimal.valueOf(dice.amount(), 2);
    }

    private static void requirePositive(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count must be at least 1, not " + count);
        }
    }

    private static StarChange change(String kind, List<Long> ids, BigDecimal amount, Object... tablesAndRows) {
        Map<String, Integer> rows = new LinkedHashMap<>();
        for (int i = 0; i < tablesAndRows.length; i += 2) {
            rows.put((String) tablesAndRows[i], (Integer) tablesAndRows[i + 1]);
        }
        return new StarChange(kind, ids, rows, amount);
    }

    private static long id(Connection tx, String sql, Object... values) throws SQLException {
        return row(tx, sql, values).longValueExact();
    }

    private static BigDecimal row(Connection tx, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(sql)) {
            bind(statement, values);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBigDecimal(1);
            }
        }
    }

    private static void run(Connection tx, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(sql)) {
            bind(statement, values);
            int rows = statement.executeUpdate();
            if (rows != 1) {
                throw new SQLException("expected to write one row, wrote " + rows);
            }
        }
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
    }
}
