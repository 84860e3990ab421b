package io.olapsync.examples.star;

import java.io.IOException;
import java.time.LocalDate;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows of each table for a seed and a number of stakeholders, case by case in the order of their ids.
 *
 * <p>Every day lies in the five years from {@link #FIRST_DAY}; nothing depends on the clock.
 */
final class StarRows {

    static final LocalDate FIRST_DAY = LocalDate.of(2021, 1, 1);
    static final LocalDate LAST_DAY = LocalDate.of(2025, 12, 31);
    static final int DAYS = (int) (LAST_DAY.toEpochDay() - FIRST_DAY.toEpochDay()) + 1;

    private static final int SECONDS_OF_DAY = 86_400;

    private final long seed;
    private final int[] stakeholders;
    private long asset;

    StarRows(long seed, int total) {
        this.seed = seed;
        this.stakeholders = spread(seed, total);
    }

    /** The writer of one table. */
    @FunctionalInterface
    private interface CaseRows {
        /** @param firstStakeholder the id of the case's first stakeholder, the debtor; the others follow it */
        void write(CopyText copy, Dice dice, long caseId, long firstStakeholder, int stakeholders) throws IOException;
    }

    /** Writes all rows of the table, one of {@link StarSchema#TABLES}; the columns are those of {@link #columns}. */
    void write(String table, CopyText copy) throws IOException {
        CaseRows rows = switch (table) {
            case "cases" -> this::cases;
            case "stakeholders" -> this::stakeholders;
            case "performance_records" -> this::performanceRecords;
            case "assets" -> this::assets;
            case "cash_flow_entries" -> this::cashFlowEntries;
            case "case_user_roles" -> this::caseUserRoles;
            default -> throw new IllegalArgumentException("not a table of the star: " + table);
        };
        asset = 0;
        long firstStakeholder = 1;
        for (int i = 0; i < stakeholders.length; i++) {
            rows.write(copy, Dice.of(seed, table, i + 1L), i + 1L, firstStakeholder, stakeholders[i]);
            firstStakeholder += stakeholders[i];
        }
        copy.flush();
    }

    static String columns(String table) {
        return switch (table) {
            case "cases" ->
                "case_id, case_no, case_type, title, org_code, org_name, org_region, status, opened_on,"
                        + " closed_on, created_at, updated_at";
            case "stakeholders" ->
                "stakeholder_id, case_id, stakeholder_type, name, country, status, claim_amount,"
                        + " admitted_amount, registered_at, admitted_at";
            case "performance_records" ->
                "record_id, case_id, stakeholder_id, due_on, performed_on, planned_amount,"
                        + " paid_amount, note, recorded_at";
            case "assets" ->
                "asset_id, case_id, pledged_to, asset_kind, description, book_value, valued_on, updated_at";
            case "cash_flow_entries" ->
                "entry_id, case_id, stakeholder_id, booked_on, direction, category, amount," + " memo, created_at";
            case "case_user_roles" -> "case_id, user_name, role, granted_at, revoked_at";
            default -> throw new IllegalArgumentException("not a table of the star: " + table);
        };
    }

    /** How many stakeholders each case has: at least the debtor, four in the mean, dozens in the largest. */
    private static int[] spread(long seed, int total) {
        int[] counts = new int[Math.max(1, total / 4)];
        Arrays.fill(counts, 1);
        Dice dice = Dice.of(seed, "spread", 0);
        for (int rest = total - counts.length; rest > 0; rest--) {
            // Multiplied by a number prime to it, so that the large cases lie scattered instead of at the front.
            long rank = dice.skewedBelow(counts.length);
            counts[(int) (rank * 7_919 % counts.length)]++;
        }
        return counts;
    }

    private void cases(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        StarNames.Org org = dice.pickSkewed(StarNames.ORGS);
        LocalDate opened = day(dice.below(DAYS * 3 / 4));
        LocalDate closed = dice.chance(25) ? later(opened, 90 + dice.below(600)) : null;
        String open = dice.pickSkewed(StarNames.OPEN_STATUSES);
        String status = closed == null ? open : dice.chance(80) ? "closed" : "withdrawn";
        copy.number(caseId)
                .text(opened.getYear() + (dice.chance(70) ? "회합" : "-RST-") + caseId)
                .text(dice.pickSkewed(StarNames.CASE_TYPES))
                .text(StarNames.firm(dice) + (dice.chance(70) ? " 회생사건" : " restructuring"))
                .text(org.code())
                .text(org.name())
                .text(org.region())
                .text(status)
                .date(opened)
                .date(closed)
                .moment(opened, dice.below(SECONDS_OF_DAY))
                .moment(closed == null ? opened : closed, SECONDS_OF_DAY - 1)
                .endRow();
    }

    private void stakeholders(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            String type = i == 0 ? "debtor" : dice.pickSkewed(StarNames.STAKEHOLDER_TYPES);
            LocalDate registered = day(dice.below(DAYS - 60));
            boolean admitted = dice.chance(65);
            long claim = i == 0 ? 0 : dice.amount();
            copy.number(first + i)
                    .number(caseId)
                    .text(type)
                    .text(StarNames.stakeholder(type, dice))
                    .text(dice.chance(85) ? "KR" : dice.chance(60) ? "DE" : null)
                    .text(admitted ? "admitted" : dice.chance(70) ? "registered" : "disputed");
            copy.amount(claim);
            if (admitted) {
                copy.amount(claim / 10 * (5 + dice.below(6)));
            } else {
                copy.text(null);
            }
            copy.moment(registered, dice.below(SECONDS_OF_DAY))
                    .moment(admitted ? registered.plusDays(1 + dice.below(59)) : null, dice.below(SECONDS_OF_DAY))
                    .endRow();
        }
    }

    private void performanceRecords(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            LocalDate due = day(dice.below(DAYS));
            boolean performed = dice.chance(80);
            long planned = dice.amount();
            copy.number(first + i)
                    .number(caseId)
                    .numberOrNull(someone(dice, first, count))
                    .date(due)
                    .date(performed ? later(due, dice.skewedBelow(120)) : null);
            copy.amount(planned);
            if (performed) {
                copy.amount(dice.chance(70) ? planned : planned / 100 * dice.below(100));
            } else {
                copy.text(null);
            }
            copy.text(dice.chance(30) ? dice.pick(StarNames.MEMOS) : null)
                    .moment(due, dice.below(SECONDS_OF_DAY))
                    .endRow();
        }
    }

    private void assets(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        for (int i = 1 + dice.skewedBelow(4); i > 0; i--) {
            LocalDate valued = day(dice.below(DAYS));
            copy.number(++asset)
                    .number(caseId)
                    .numberOrNull(dice.chance(40) ? someone(dice, first, count) : null)
                    .text(dice.pickSkewed(StarNames.ASSET_KINDS))
                    .text(dice.pick(StarNames.ASSET_TEXTS));
            copy.amount(dice.amount() * 10)
                    .date(dice.chance(90) ? valued : null)
                    .moment(valued, dice.below(SECONDS_OF_DAY))
                    .endRow();
        }
    }

    private void cashFlowEntries(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        for (int i = 0; i < 3 * count; i++) {
            LocalDate booked = day(dice.below(DAYS));
            boolean in = dice.chance(55);
            copy.number(3 * (first - 1) + i + 1)
                    .number(caseId)
                    .numberOrNull(someone(dice, first, count))
                    .date(booked)
                    .text(in ? "in" : "out")
                    .text(dice.pickSkewed(in ? StarNames.CATEGORIES_IN : StarNames.CATEGORIES_OUT));
            copy.amount(dice.amount())
                    .text(dice.chance(20) ? dice.pick(StarNames.MEMOS) : null)
                    .moment(booked, dice.below(SECONDS_OF_DAY))
                    .endRow();
        }
    }

    private void caseUserRoles(CopyText copy, Dice dice, long caseId, long first, int count) throws IOException {
        int roles = 1 + dice.below(StarNames.ROLES.length);
        for (int i = 0; i < roles; i++) {
            LocalDate granted = day(dice.below(DAYS - 60));
            copy.number(caseId)
                    .text(StarNames.person(dice))
                    .text(StarNames.ROLES[i])
                    .moment(granted, dice.below(SECONDS_OF_DAY))
                    .moment(dice.chance(15) ? granted.plusDays(30) : null, dice.below(SECONDS_OF_DAY))
                    .endRow();
        }
    }

    /** One of the case's stakeholders, or nobody for one row in five. */
    private static @Nullable Long someone(Dice dice, long first, int count) {
        return dice.chance(80) ? first + dice.below(count) : null;
    }

    static LocalDate day(int number) {
        return FIRST_DAY.plusDays(number);
    }

    private static LocalDate later(LocalDate day, int days) {
        LocalDate later = day.plusDays(days);
        return later.isAfter(LAST_DAY) ? LAST_DAY : later;
    }
}
