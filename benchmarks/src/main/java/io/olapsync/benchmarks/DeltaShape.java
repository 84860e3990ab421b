package io.olapsync.benchmarks;

import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.List;

/** Definitions over the example's star that a delta table recomputes in different ways. */
public enum DeltaShape {
    /** The example's business fact: a row for each case and type of stakeholder, from five tables and four dimensions. */
    JOIN_FACT(
            "mv_business_fact",
            List.of("case_id, stakeholder_type_id", "org_id"),
            DeltaSpec.key("case_id")
                    .source("cases", "case_id")
                    .source("stakeholders", "case_id")
                    .source("performance_records", "case_id")
                    .source("assets", "case_id")
                    .source("case_user_roles", "case_id")
                    .whole("dim_case_type")
                    .whole("dim_org")
                    .whole("dim_time")
                    .whole("dim_stakeholder_type"),
            "stakeholders SET claim_amount = claim_amount + 1"),

    /** A row for each stakeholder, ranked within the case. */
    WINDOW_FACT(
            "mv_claim_rank",
            List.of("stakeholder_id", "case_id"),
            DeltaSpec.key("case_id").source("cases", "case_id").source("stakeholders", "case_id"),
            "stakeholders SET claim_amount = claim_amount + 1"),

    /** The example's cash flow fact: sums by organisation, type of case, type of stakeholder and month. */
    AGGREGATE(
            "mv_cashflow_fact",
            List.of("org_id, case_type_id, stakeholder_type_id, time_id"),
            DeltaSpec.key("org_id", "case_type_id", "stakeholder_type_id", "time_id")
                    .lookup(
                            "cash_flow_entries",
                            groups("changed", "booked_on"),
                            "case_id",
                            "stakeholder_id",
                            "booked_on")
                    .lookup(
                            "performance_records",
                            groups("changed", "performed_on"),
                            "case_id",
                            "stakeholder_id",
                            "performed_on")
                    .whole("cases")
                    .whole("stakeholders")
                    .whole("dim_case_type")
                    .whole("dim_org")
                    .whole("dim_time")
                    .whole("dim_stakeholder_type"),
            "cash_flow_entries SET amount = amount + 1");

    /** What the example's schema does not have. */
    static final String CLAIM_RANK = """
            SELECT s.stakeholder_id, s.case_id, c.org_code, c.case_type, s.stakeholder_type, s.claim_amount,
                   rank() OVER (PARTITION BY s.case_id ORDER BY s.claim_amount DESC, s.stakeholder_id) AS rank,
                   sum(s.claim_amount) OVER (PARTITION BY s.case_id) AS case_claims,
                   sum(s.claim_amount) OVER (PARTITION BY s.case_id ORDER BY s.claim_amount DESC, s.stakeholder_id) AS claims_down_to
              FROM public.stakeholders s JOIN public.cases c ON c.case_id = s.case_id""";

    private final String view;
    private final List<String> indexes;
    private final DeltaSpec spec;
    private final String update;

    DeltaShape(String view, List<String> indexes, DeltaSpec spec, String update) {
        this.view = view;
        this.indexes = indexes;
        this.spec = spec;
        this.update = update;
    }

    private static String groups(String changed, String day) {
        return "SELECT o.org_id, ct.case_type_id, coalesce(s.stakeholder_type, 'none'), t.month_time_id FROM " + changed
                + " e JOIN public.cases c ON c.case_id = e.case_id LEFT JOIN public.stakeholders s"
                + " ON s.case_id = e.case_id AND s.stakeholder_id = e.stakeholder_id"
                + " JOIN public.dim_case_type ct ON ct.case_type = c.case_type"
                + " JOIN public.dim_org o ON o.org_code = c.org_code JOIN public.dim_time t ON t.day = e." + day;
    }

    /** The delta table. */
    ViewName view() {
        return ViewName.parse(view);
    }

    /** The materialized view with the same definition that is refreshed plainly. */
    String plain() {
        return view + "_plain";
    }

    /** The one that is refreshed concurrently. */
    String concurrent() {
        return view + "_concurrently";
    }

    /** The columns of its indexes, the unique one first. */
    List<String> indexes() {
        return indexes;
    }

    DeltaSpec spec() {
        return spec;
    }

    /** The table whose rows change. */
    String source() {
        return update.substring(0, update.indexOf(' '));
    }

    /** Changes what belongs to the cases in an array parameter. */
    String change() {
        return "UPDATE public." + update + " WHERE case_id = ANY (?)";
    }
}
