package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.doctor.Doctor;
import io.olapsync.jdbc.internal.doctor.DoctorOptions;
import io.olapsync.jdbc.internal.doctor.ReaderRules;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import io.olapsync.spi.ViewName;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Finds whatever would make a refresh fail or hurt, before it does, and says what mends it.
 *
 * <p>It reads only, in short transactions with a timeout; the check for NULLs in unique indexes reads each view once,
 * the rest reads catalogs. What {@link PostgresCatalog#inspect} finds is among the findings. What cannot be found out, for want of a privilege or of time, becomes a finding with the
 * code {@code rule-not-evaluated} and stops nothing else.
 *
 * <p>Thread-safe. Uses one connection for each examination and for a moment a second one, and closes both. Let it
 * connect as the role that will refresh the views, through the same data source.
 */
public final class PostgresDoctor {

    private final DataSource dataSource;
    private final DoctorOptions options;

    private PostgresDoctor(DataSource dataSource, DoctorOptions options) {
        this.dataSource = dataSource;
        this.options = options;
    }

    /** A doctor that was told nothing but where the database is. */
    public static PostgresDoctor of(DataSource dataSource) {
        return builder(dataSource).build();
    }

    /** A doctor to be told more. The data source stays the caller's. */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    /**
     * Examines the views, the roles and the connection. Blocks; without very large views it takes well under a second.
     *
     * @param views the views that are going to be refreshed; empty examines the connection and the server alone
     * @return findings, worst first, an empty list where all is well
     * @throws RefreshException if the database could not be asked at all
     */
    public List<Finding> examine(Set<ViewName> views) throws RefreshException {
        try {
            List<Finding> findings = new ArrayList<>(new PostgresCatalog(dataSource).inspect(views));
            findings.addAll(Doctor.examine(dataSource, options, Set.copyOf(views)));
            return Doctor.sorted(findings);
        } catch (SQLException e) {
            throw new RefreshException(
                    RefreshException.Kind.TRANSIENT,
                    "the doctor could not ask the database: " + e.getMessage(),
                    null,
                    e.getSQLState(),
                    null,
                    e);
        }
    }

    /**
     * The SQL that creates a role which can read the views and not the tables.
     *
     * <p>The role cannot log in; grant it to those that do. The last statement keeps tables that the executing role
     * creates later from being open to everybody.
     *
     * @param role its name, any text that is an identifier; quoted here
     * @param views the views to be readable
     * @param oltpTables the tables not to be readable, {@code name} or {@code schema.name} as {@link ViewName#parse}
     *     reads it: what was granted to everybody on them is revoked
     * @return statements, each ended by a semicolon, a line each
     */
    public static String readerRoleSql(String role, Set<ViewName> views, String... oltpTables) {
        return ReaderRules.sql(
                role, views, Arrays.stream(oltpTables).map(ViewName::parse).toList());
    }

    /** Tells a doctor what it cannot see. Not thread-safe. */
    public static final class Builder {

        private static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(10);

        private final DataSource dataSource;
        private final List<ViewName> oltpTables = new ArrayList<>();
        private @Nullable String readerRole;
        private @Nullable Duration statementTimeout;
        private Duration patience = DEFAULT_PATIENCE;

        private Builder(DataSource dataSource) {
            this.dataSource = Objects.requireNonNull(dataSource, "dataSource");
        }

        /** The role that reads the views and should not read the tables beneath. Without one nothing is said of readers. */
        public Builder readerRole(String role) {
            this.readerRole = Objects.requireNonNull(role, "role");
            return this;
        }

        /** The statement timeout that refreshes will have; without it that of the connection is taken. */
        public Builder statementTimeout(Duration timeout) {
            this.statementTimeout = Objects.requireNonNull(timeout, "timeout");
            return this;
        }

        /**
         * The tables that readers should not read, {@code name} or {@code schema.name}; without any, all that the views
         * read.
         *
         * @throws IllegalArgumentException if a name is not one
         */
        public Builder oltpTables(String... tables) {
            Arrays.stream(tables).map(ViewName::parse).forEach(oltpTables::add);
            return this;
        }

        /** The longest that one query of the doctor may take, 10 seconds by default. */
        public Builder patience(Duration patience) {
            this.patience = Objects.requireNonNull(patience, "patience");
            return this;
        }

        /**
         * The doctor.
         *
         * @throws IllegalArgumentException if a duration is not positive or the role's name is empty
         */
        public PostgresDoctor build() {
            return new PostgresDoctor(
                    dataSource, new DoctorOptions(readerRole, statementTimeout, oltpTables, patience));
        }
    }
}
