package io.olapsync.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** What a question was answered: tables, and what is to be said beside them. Not thread-safe. */
public final class Answer {

    private final List<Comparison> comparisons = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /** One more row; rows come in the order they are added in. */
    public Answer add(Comparison comparison) {
        comparisons.add(comparison);
        return this;
    }

    /** One more paragraph below the tables, in Markdown: what was counted rather than timed, or what explains a figure. */
    public Answer note(String markdown) {
        notes.add(markdown);
        return this;
    }

    /** The rows. */
    public List<Comparison> comparisons() {
        return List.copyOf(comparisons);
    }

    /** The paragraphs. */
    public List<String> notes() {
        return List.copyOf(notes);
    }
}
