package io.olapsync.jdbc;

import io.olapsync.jdbc.internal.doctor.Doctor;
import io.olapsync.spi.Finding;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Findings as text for people. */
public final class DoctorReport {

    private DoctorReport() {}

    /**
     * The findings, worst first, a paragraph each with the remedy on lines of its own, and a count at the end.
     *
     * @param findings from {@link PostgresDoctor#examine} or from elsewhere; may be empty
     * @return lines separated by {@code \n}, the last one without
     */
    public static String text(Collection<Finding> findings) {
        Map<Finding.Severity, Long> counts = new EnumMap<>(Finding.Severity.class);
        findings.forEach(finding -> counts.merge(finding.severity(), 1L, Long::sum));
        String summary = counts.isEmpty()
                ? "nothing found"
                : counts.entrySet().stream()
                        .sorted(Map.Entry.<Finding.Severity, Long>comparingByKey()
                                .reversed())
                        .map(e -> e.getValue() + " " + e.getKey().name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.joining(", "));
        return Doctor.sorted(findings).stream().map(DoctorReport::paragraph).collect(Collectors.joining()) + "Doctor: "
                + summary;
    }

    private static String paragraph(Finding finding) {
        String where = finding.view() == null ? "" : " " + finding.view();
        String remedy =
                finding.remedy().isEmpty() ? "" : "    -> " + finding.remedy().replace("\n", "\n       ") + "\n";
        return String.format("%-7s %s%s%n", finding.severity(), finding.code(), where)
                        .replace(System.lineSeparator(), "\n")
                + "    " + finding.problem() + "\n"
                + remedy;
    }
}
