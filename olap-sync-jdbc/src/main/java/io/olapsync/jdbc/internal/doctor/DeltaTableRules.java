package io.olapsync.jdbc.internal.doctor;

import io.olapsync.jdbc.internal.delta.DeltaSymptoms;
import io.olapsync.spi.Finding;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** What delta tables need beside what materialized views do. */
final class DeltaTableRules {

    private interface Symptoms {
        List<Finding> in(DeltaSymptoms symptoms) throws SQLException;
    }

    private DeltaTableRules() {}

    static List<Rule> rules() {
        return List.of(
                rule("changes that are not captured", DeltaSymptoms::capture),
                rule("changes that events alone tell of", DeltaSymptoms::events),
                rule("keys that are found slowly", DeltaSymptoms::keys),
                rule("changes that wait", DeltaSymptoms::backlog));
    }

    private static Rule rule(String name, Symptoms symptoms) {
        return Rule.perView(name, (examination, view, findings) -> {
            if (view.isDeltaTable()) {
                Optional<DeltaSymptoms> found = DeltaSymptoms.of(examination.connection(), view.name());
                if (found.isPresent()) {
                    symptoms.in(found.get()).forEach(findings);
                }
            }
        });
    }
}
