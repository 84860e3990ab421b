package io.olapsync.examples.cli;

import io.olapsync.SyncPlan;
import io.olapsync.jdbc.DoctorReport;
import io.olapsync.jdbc.PostgresDoctor;
import io.olapsync.spi.Finding;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "doctor",
        description =
                "Finds what would make a refresh fail or hurt, each with the DDL or GRANT that mends it. Reads only. Connect"
                        + " as the role that refreshes. Exit code 1: something was found that is an error.")
final class DoctorCommand extends ServerCommand {

    @Parameters(paramLabel = "SELECTION", arity = "0..*", description = SELECTION + " All by default.")
    private List<String> selection = List.of();

    @Option(
            names = "--reader-role",
            paramLabel = "ROLE",
            description = "A role that shall read the views and not the tables.")
    private Optional<String> readerRole = Optional.empty();

    @Option(names = "--strict", description = "Exit code 1 for warnings, too.")
    private boolean strict;

    @Override
    public Integer call() throws Exception {
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            PostgresDoctor.Builder doctor = PostgresDoctor.builder(database.dataSource());
            readerRole.ifPresent(doctor::readerRole);
            List<Finding> findings = doctor(doctor).examine(views(plan, selection));
            if (options.json()) {
                ObjectNode document = ReportJson.object();
                ReportJson.findings(document, findings);
                print(document);
            } else {
                out().println(DoctorReport.text(findings));
                out().flush();
            }
            Finding.Severity worst = strict ? Finding.Severity.WARNING : Finding.Severity.ERROR;
            return findings.stream().anyMatch(finding -> finding.severity().compareTo(worst) >= 0)
                    ? Exit.FAILED
                    : Exit.OK;
        }
    }

    private static PostgresDoctor doctor(PostgresDoctor.Builder builder) {
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--reader-role: " + e.getMessage(), e);
        }
    }
}
