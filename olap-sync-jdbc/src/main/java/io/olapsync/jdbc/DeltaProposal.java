package io.olapsync.jdbc;

import io.olapsync.spi.DeltaSource;
import io.olapsync.spi.DeltaSpec;
import io.olapsync.spi.ViewName;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What {@link PostgresDeltaTables#propose} could tell of a view from the catalog: how it would be declared as a delta table, and what
 * has to be added by hand.
 *
 * @param view the view
 * @param spec as far as it could be derived; empty where not even a key could be
 * @param missing what could not, each with what to declare; empty where the declaration can be used as it is
 */
public record DeltaProposal(ViewName view, Optional<DeltaSpec> spec, List<String> missing) {

    /** Refuses nulls. */
    public DeltaProposal {
        Objects.requireNonNull(view, "view");
        Objects.requireNonNull(spec, "spec");
        missing = List.copyOf(missing);
    }

    /** Whether nothing is missing. */
    public boolean isComplete() {
        return spec.isPresent() && missing.isEmpty();
    }

    /** The declaration as it would be written in Java, what is missing as comments behind it. */
    @Override
    public String toString() {
        String declared = spec.map(DeltaProposal::written).orElse("// " + view + " has no key");
        return missing.stream()
                .map(what -> System.lineSeparator() + "// " + what)
                .collect(Collectors.joining("", declared, ""));
    }

    private static String written(DeltaSpec spec) {
        StringBuilder text = new StringBuilder("DeltaSpec.key(" + quoted(spec.key()) + ")");
        for (DeltaSource source : spec.sources()) {
            text.append(System.lineSeparator())
                    .append("        .")
                    .append(source.isWhole() ? "whole" : source.isKey() ? "source" : "lookup")
                    .append('(')
                    .append(quoted(List.of(source.table().toString())))
                    .append(source.query()
                            .map(query -> ", " + quoted(List.of(query)))
                            .orElse(""))
                    .append(source.isWhole() ? "" : ", " + quoted(source.columns()))
                    .append(')');
        }
        return text.toString();
    }

    private static String quoted(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(", "));
    }
}
