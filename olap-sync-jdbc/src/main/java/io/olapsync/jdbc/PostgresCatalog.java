package io.olapsync.jdbc;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.internal.CatalogLooks;
import io.olapsync.jdbc.internal.CatalogRow;
import io.olapsync.jdbc.internal.Dependencies;
import io.olapsync.jdbc.internal.IndexProposals;
import io.olapsync.jdbc.internal.MissingViews;
import io.olapsync.jdbc.internal.Names;
import io.olapsync.jdbc.internal.Transactions;
import io.olapsync.jdbc.internal.delta.DeltaFindings;
import io.olapsync.spi.CatalogSeen;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.Finding;
import io.olapsync.spi.Finding.Severity;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewCatalog;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;

/**
 * What the system catalogs of PostgreSQL say of the views.
 *
 * <p>{@link #inspect} is one query where all is well, however many views there are, and {@link #look} is one round trip. Their findings, all of them errors:
 *
 * <ul>
 *   <li>{@code missing-view}: there is no such relation; names that may have been meant are proposed
 *   <li>{@code not-a-materialized-view}: the relation is something else, and no delta table either
 *   <li>{@code no-unique-index}: no unique index that {@code REFRESH … CONCURRENTLY} can use: valid, on plain columns,
 *       without a {@code WHERE} clause (<a
 *       href="https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html">REFRESH MATERIALIZED VIEW</a>)
 *   <li>{@code no-privilege}: the role of the data source may not refresh it
 *   <li>{@code delta-table-damaged}: something that the library keeps for a delta table has gone, such as its definition
 * </ul>
 *
 * <p>{@link #inspectDeltas} adds the warning {@code delta-not-converted} for what is a materialized view still, and the errors
 * {@code delta-declared-otherwise} and {@code delta-unknown}. All three are mended by {@link PostgresDeltaTables#convert(SyncPlan)},
 * but for a delta table that was renamed.
 *
 * <p>A view that is not populated is no finding: its first refresh populates it. {@link #upstreams} sees what a definition
 * names, also through plain views and through SQL functions with a body of the form {@code BEGIN ATOMIC} or
 * {@code RETURN}; what other functions read is text to PostgreSQL, and not seen.
 *
 * <p>Thread-safe. Needs none of the library's tables.
 */
public final class PostgresCatalog implements ViewCatalog {

    private final DataSource dataSource;

    /** The catalog of this database. Touches no server yet. */
    public PostgresCatalog(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
    }

    @Override
    public List<Finding> inspect(Set<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return List.of();
        }
        return findings(CatalogRow.read(dataSource, views));
    }

    private List<Finding> findings(List<CatalogRow> rows) throws RefreshException {
        boolean proposes = rows.stream().anyMatch(row -> !row.exists() || lacksIndex(row));
        return proposes
                ? Transactions.read(dataSource, "inspecting views", connection -> proposing(connection, rows))
                : findings(rows, Map.of(), Map.of());
    }

    @Override
    public List<Finding> inspectDeltas(Map<ViewName, DeltaSpec> declared) throws RefreshException {
        if (declared.isEmpty()) {
            return List.of();
        }
        return List.copyOf(Transactions.read(
                dataSource, "inspecting delta tables", connection -> DeltaFindings.of(connection, declared)));
    }

    @Override
    public Map<ViewName, Set<ViewName>> upstreams(Set<ViewName> views) throws RefreshException {
        if (views.isEmpty()) {
            return Map.of();
        }
        return Dependencies.of(dataSource, views);
    }

    @Override
    public CatalogSeen look(Set<ViewName> inspected, Set<ViewName> views) throws RefreshException {
        CatalogLooks looks = CatalogLooks.read(dataSource, inspected, views);
        return new CatalogSeen(findings(looks.rows()), looks.upstreams());
    }

    private static boolean lacksIndex(CatalogRow row) {
        return row.isRefreshable() && !row.hasUsableIndex();
    }

    private static List<Finding> proposing(Connection connection, List<CatalogRow> rows) throws SQLException {
        Map<ViewName, String> meant = MissingViews.meant(
                connection,
                rows.stream().filter(row -> !row.exists()).map(CatalogRow::view).toList());
        Map<ViewName, String> proposals = IndexProposals.of(
                connection, rows.stream().filter(PostgresCatalog::lacksIndex).toList());
        return findings(rows, meant, proposals);
    }

    private static List<Finding> findings(
            List<CatalogRow> rows, Map<ViewName, String> meant, Map<ViewName, String> proposals) {
        List<Finding> findings = new ArrayList<>();
        for (CatalogRow row : rows) {
            if (!row.exists()) {
                findings.add(missing(row, meant.getOrDefault(row.view(), "")));
            } else if (!row.isRefreshable()) {
                findings.add(wrongKind(row));
            } else {
                if (!row.hasUsableIndex()) {
                    findings.add(noIndex(row, proposals.getOrDefault(row.view(), "")));
                }
                if (row.isDeltaTable()) {
                    findings.addAll(ofDeltaTable(row));
                } else if (!row.mayRefresh() || !row.maySeeSchema()) {
                    findings.add(noPrivilege(row));
                }
            }
        }
        return List.copyOf(findings);
    }

    private static Finding missing(CatalogRow row, String remedy) {
        ViewName view = row.view();
        String problem = row.schemaExists()
                ? "there is no materialized view " + view.sql()
                : "there is no schema " + Names.quote(view.schema()) + ", so no materialized view " + view.sql();
        return error("missing-view", view, problem + " in the database " + Names.quote(row.database()), remedy);
    }

    private static Finding wrongKind(CatalogRow row) {
        return error(
                "not-a-materialized-view",
                row.view(),
                row.view().sql() + " is " + Names.kind(row.kind()) + ", and only a materialized view can be refreshed",
                row.kind().equals("v")
                        ? "leave it out of the plan: a plain view is never stale"
                        : "leave it out of the plan, or name the materialized view that was meant");
    }

    private static Finding noIndex(CatalogRow row, String proposal) {
        String reasons = row.unusableIndexes().isEmpty() ? "" : ": " + String.join(", ", row.unusableIndexes());
        return error(
                "no-unique-index",
                row.view(),
                row.view().sql() + " has no unique index that "
                        + (row.isDeltaTable()
                                ? "tells its rows from one another"
                                : "REFRESH MATERIALIZED VIEW CONCURRENTLY can use")
                        + reasons,
                proposal);
    }

    private static List<Finding> ofDeltaTable(CatalogRow row) {
        List<Finding> findings = new ArrayList<>();
        if (!row.missingParts().isEmpty()) {
            findings.add(error(
                    "delta-table-damaged",
                    row.view(),
                    row.view().sql() + " is a delta table, and what is kept for it is not there: olap_sync."
                            + String.join(", olap_sync.", row.missingParts()),
                    "restore it from a backup, or drop the table and create the materialized view and its delta table"
                            + " again"));
        }
        List<String> remedies = new ArrayList<>();
        String to = " TO " + Names.quote(row.role());
        if (!row.maySeeSchema()) {
            remedies.add("GRANT USAGE ON SCHEMA " + Names.quote(row.view().schema()) + to);
        }
        row.missingGrants().forEach(privileges -> remedies.add("GRANT " + privileges + to));
        if (!remedies.isEmpty()) {
            findings.add(error(
                    "no-privilege",
                    row.view(),
                    "the role " + Names.quote(row.role()) + " may not refresh the delta table "
                            + row.view().sql() + ", which belongs to " + Names.quote(row.owner()),
                    String.join("; ", remedies)));
        }
        return findings;
    }

    private static Finding noPrivilege(CatalogRow row) {
        List<String> remedies = new ArrayList<>();
        String role = Names.quote(row.role());
        if (!row.maySeeSchema()) {
            remedies.add("GRANT USAGE ON SCHEMA " + Names.quote(row.view().schema()) + " TO " + role);
        }
        if (!row.mayRefresh()) {
            String owner = "ALTER MATERIALIZED VIEW " + row.view().sql() + " OWNER TO " + role;
            if (row.hasMaintain()) {
                remedies.add("GRANT MAINTAIN ON " + row.view().sql() + " TO " + role);
            } else if (row.ownerIsSuperuser()) {
                remedies.add(owner);
            } else {
                remedies.add("GRANT " + Names.quote(row.owner()) + " TO " + role + " -- or: " + owner);
            }
        }
        String problem = row.mayRefresh()
                ? "the role " + role + " may not use the schema "
                        + Names.quote(row.view().schema())
                : "the role " + role + " may not refresh " + row.view().sql() + ", which belongs to "
                        + Names.quote(row.owner());
        return error("no-privilege", row.view(), problem, String.join("; ", remedies));
    }

    private static Finding error(String code, ViewName view, String problem, String remedy) {
        return new Finding(Severity.ERROR, code, view, problem, remedy);
    }
}
