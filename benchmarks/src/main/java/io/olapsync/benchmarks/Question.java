package io.olapsync.benchmarks;

import io.olapsync.benchmarks.report.Answer;
import java.util.List;

/**
 * Something a user asks about the library, and how it is measured beside what they would run instead.
 *
 * <p>Each is asked in a JVM of its own. The ways it compares are the methods of a JMH class, called in {@link Turns}.
 */
public interface Question {

    /** One lower-case word: the argument that picks it, its anchor, the file name of its chart. */
    String name();

    /** As the user asks it. */
    String title();

    /** What is measured, against what and why, in Markdown; where a goal cannot be had, the evidence. */
    String text();

    /** Measures; blocks until it is done. */
    void ask(Effort effort, Answer answer) throws Exception;

    /** Of the JVM it is asked in. */
    default List<String> jvmArguments() {
        return List.of("-Xmx1g");
    }
}
