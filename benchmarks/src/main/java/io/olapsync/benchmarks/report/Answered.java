package io.olapsync.benchmarks.report;

import java.util.List;

/**
 * A question that was asked.
 *
 * @param question its name
 * @param asked by which profile, when and of what; empty: not known yet
 * @param seconds that it took, its data included
 * @param comparisons the rows of its tables
 * @param notes paragraphs below them, in Markdown
 * @param failure why it could not be answered, in one line; empty: it was
 */
public record Answered(
        String question,
        String asked,
        double seconds,
        List<Comparison> comparisons,
        List<String> notes,
        String failure) {

    /** Copies the lists. */
    public Answered {
        comparisons = List.copyOf(comparisons);
        notes = List.copyOf(notes);
    }

    /** An answer. */
    public static Answered of(String question, double seconds, Answer answer) {
        return new Answered(question, "", seconds, answer.comparisons(), answer.notes(), "");
    }

    /** No answer. */
    public static Answered failed(String question, double seconds, String why) {
        return new Answered(
                question,
                "",
                seconds,
                List.of(),
                List.of(),
                why.lines().findFirst().orElse("no reason given"));
    }

    /** The same, with what is said of how it was asked. */
    public Answered asked(String how) {
        return new Answered(question, how, seconds, comparisons, notes, failure);
    }
}
