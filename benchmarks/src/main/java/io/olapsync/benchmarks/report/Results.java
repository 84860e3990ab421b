package io.olapsync.benchmarks.report;

import java.util.List;
import java.util.Map;

/**
 * Everything that one run of a profile found out.
 *
 * @param profile "quick" or "full"
 * @param environment what it ran on, by name, in the order in which it is shown
 * @param answers in the order of the questions
 */
public record Results(String profile, Map<String, String> environment, List<Answered> answers) {

    /** Copies the list. */
    public Results {
        answers = List.copyOf(answers);
    }
}
