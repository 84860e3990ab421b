package io.olapsync;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A plan that breaks rules. All that is wrong with it is said at once. */
public final class InvalidPlanException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;
    private static final int MOST_IN_MESSAGE = 100;

    private final String[] problems;

    /**
     * A plan that breaks rules.
     *
     * @param subject what is invalid, in a few words, such as {@code the plan 'sales'}
     * @param problems one sentence each, naming the thing, the rule and the remedy; never empty
     */
    public InvalidPlanException(String subject, List<String> problems) {
        super(message(subject, problems));
        this.problems = problems.toArray(String[]::new);
    }

    /** Everything that is wrong, one sentence each; never empty. The message has the first 100 of them. */
    public List<String> problems() {
        return List.of(problems);
    }

    private static String message(String subject, List<String> problems) {
        if (problems.isEmpty()) {
            throw new IllegalArgumentException("an invalid plan needs at least one problem");
        }
        if (problems.size() == 1) {
            return subject + " is not valid: " + problems.get(0);
        }
        int more = problems.size() - MOST_IN_MESSAGE;
        Stream<String> lines = problems.stream().limit(MOST_IN_MESSAGE);
        return Stream.concat(lines, more > 0 ? Stream.of("and " + more + " more") : Stream.empty())
                .map(line -> "\n - " + line)
                .collect(Collectors.joining("", subject + " is not valid, " + problems.size() + " problems:", ""));
    }
}
