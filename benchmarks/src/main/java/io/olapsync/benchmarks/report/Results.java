package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a run of a profile found out, and perhaps earlier ones on the same machine.
 *
 * @param profile "quick" or "full", of the last run
 * @param environment what the last ran on, by name, in the order in which it is shown
 * @param answers in the order of the questions
 */
public record Results(String profile, Map<String, String> environment, List<Answered> answers) {

    /** Copies the list. */
    public Results {
        answers = List.copyOf(answers);
    }

    /**
     * These, and of earlier results what was not asked again, in this order. Only where they are of the same machine and the
     * same versions: else nothing of them.
     */
    public Results since(Results earlier, List<String> questions) {
        if (!earlier.lasting().equals(lasting())) {
            return this;
        }
        List<Answered> all = new ArrayList<>();
        for (String question : questions) {
            Stream.of(this, earlier)
                    .flatMap(results -> results.answers().stream())
                    .filter(answer -> answer.question().equals(question))
                    .findFirst()
                    .ifPresent(all::add);
        }
        return new Results(profile, environment, all);
    }

    private Map<String, String> lasting() {
        Map<String, String> lasting = new HashMap<>(environment);
        lasting.keySet().removeAll(Environment.OF_ONE_RUN);
        return lasting;
    }
}
