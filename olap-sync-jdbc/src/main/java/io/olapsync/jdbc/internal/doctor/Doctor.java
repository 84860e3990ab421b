package io.olapsync.jdbc.internal.doctor;

import io.olapsync.spi.Finding;
import io.olapsync.spi.ViewName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;

/** Applies all rules, one after the other, on one connection. */
public final class Doctor {

    private static final Comparator<Finding> WORST_FIRST = Comparator.comparing(Finding::severity)
            .reversed()
            .thenComparing(f -> f.view() == null ? "" : f.view().sql())
            .thenComparing(Finding::code)
            .thenComparing(Finding::problem);

    private Doctor() {}

    /** The findings of all rules about those of the views that exist, worst first. */
    public static List<Finding> examine(DataSource dataSource, DoctorOptions options, Collection<ViewName> views)
            throws SQLException {
        List<Finding> findings = new ArrayList<>();
        try (Connection connection = dataSource.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                Examination examination = Examination.begin(dataSource, connection, options, views);
                rules().forEach(rule -> findings.addAll(examination.apply(rule)));
            } finally {
                restore(connection, autoCommit);
            }
        }
        return List.copyOf(findings);
    }

    /** The order in which findings are shown. */
    public static List<Finding> sorted(Collection<Finding> findings) {
        return findings.stream().distinct().sorted(WORST_FIRST).toList();
    }

    private static List<Rule> rules() {
        return Stream.of(
                        ConnectionRules.rules(),
                        IndexRules.rules(),
                        PrivilegeRules.rules(),
                        FunctionRules.rules(),
                        DefinitionRules.rules(),
                        StorageRules.rules(),
                        DeltaTableRules.rules(),
                        ReaderRules.rules())
                .flatMap(List::stream)
                .toList();
    }

    private static void restore(Connection connection, boolean autoCommit) {
        try {
            connection.rollback();
            connection.setAutoCommit(autoCommit);
        } catch (SQLException e) {
            // The connection is of no use any more; each rule that met it so has said so.
        }
    }
}
