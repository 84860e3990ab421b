package io.olapsync.benchmarks.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Results as files: ours, which the page is made from; JMH's format; the page with its charts. */
public final class ResultFiles {

    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ResultFiles() {}

    /** Writes {@code results.json} and {@code jmh.json} into a directory, which is created where it is absent. */
    public static void write(Results results, Path directory) throws IOException {
        Files.createDirectories(directory);
        write(directory.resolve("results.json"), JSON.writeValueAsString(results));
        write(directory.resolve("jmh.json"), JSON.writeValueAsString(JmhFormat.of(results)));
    }

    /** What {@link #write} wrote as {@code results.json}. */
    public static Results read(Path file) throws IOException {
        return JSON.readValue(Files.readString(file, StandardCharsets.UTF_8), Results.class);
    }

    /** Writes one answer for another process. */
    public static void writeAnswer(Answered answer, Path file) throws IOException {
        write(file, JSON.writeValueAsString(answer));
    }

    /** What {@link #writeAnswer} wrote. */
    public static Answered readAnswer(Path file) throws IOException {
        return JSON.readValue(Files.readString(file, StandardCharsets.UTF_8), Answered.class);
    }

    /** Writes {@code benchmarks.md}, and beside it the charts in {@code benchmarks/}. */
    public static void writePage(Page page, Path directory) throws IOException {
        Path charts = Files.createDirectories(directory.resolve(Page.CHARTS));
        write(directory.resolve("benchmarks.md"), page.markdown());
        for (Map.Entry<String, String> chart : page.charts().entrySet()) {
            write(charts.resolve(chart.getKey()), chart.getValue());
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text, StandardCharsets.UTF_8);
    }
}
