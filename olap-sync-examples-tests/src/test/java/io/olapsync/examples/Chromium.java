package io.olapsync.examples;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A headless Chromium that is installed on this machine, driven by its own protocol (DevTools). Nothing is downloaded. */
final class Chromium implements AutoCloseable {

    /** The system property that names the browser; without it the usual names are looked for. */
    static final String PROPERTY = "olapsync.chromium";

    private static final JsonMapper JSON = new JsonMapper();
    private static final long PATIENCE_SECONDS = 30;
    private static final List<String> NAMES =
            List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless_shell");

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger calls = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final List<Consumer<JsonNode>> listeners = new CopyOnWriteArrayList<>();

    private Chromium(Process process, Path profile, URI endpoint) {
        this.process = process;
        this.profile = profile;
        this.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(endpoint, new Messages())
                .join();
    }

    /** The browser of this machine, where it has one. */
    static Optional<Path> installed() {
        String named = System.getProperty(PROPERTY, "");
        if (!named.isBlank()) {
            return Optional.of(Path.of(named));
        }
        Stream<Path> onPath = Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)));
        return Stream.concat(onPath, playwright().stream())
                .filter(Files::isExecutable)
                .filter(Chromium::starts)
                .findFirst();
    }

    private static List<Path> playwright() {
        Path browsers = Path.of(System.getenv()
                .getOrDefault("PLAYWRIGHT_BROWSERS_PATH", System.getProperty("user.home") + "/.cache/ms-playwright"));
        if (!Files.isDirectory(browsers)) {
            return List.of();
        }
        try (Stream<Path> found = Files.find(
                browsers,
                4,
                (file, kind) -> kind.isRegularFile()
                        && List.of("chrome", "headless_shell")
                                .contains(file.getFileName().toString()))) {
            return found.sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Some distributions have a script of that name that only tells where to get the browser. */
    private static boolean starts(Path browser) {
        try {
            Process process = new ProcessBuilder(browser.toString(), "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            return ended && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Its sandbox refuses root, and a kernel or a container may refuse its sandbox: the pages are ours, it goes without. */
    static Chromium start(Path browser) throws IOException {
        try {
            return start(browser, List.of());
        } catch (IOException endedAtOnce) {
            return start(browser, List.of("--no-sandbox"));
        }
    }

    private static Chromium start(Path browser, List<String> more) throws IOException {
        Path profile = Files.createTempDirectory(
                Files.createDirectories(Path.of("target").toAbsolutePath()), "chromium");
        List<String> command = new ArrayList<>(List.of(
                browser.toString(),
                "--headless",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
                "--hide-scrollbars"));
        command.addAll(more);
        command.add("about:blank");
        Process process = new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            return new Chromium(process, profile, endpoint(process));
        } catch (IOException | RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static URI endpoint(Process process) throws IOException {
        BufferedReader log =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        String announced = "DevTools listening on ";
        List<String> lines = new ArrayList<>();
        for (String line = log.readLine(); line != null; line = log.readLine()) {
            if (line.startsWith(announced)) {
                Thread drain = new Thread(() -> log.lines().forEach(ignored -> {}), "chromium-log");
                drain.setDaemon(true);
                drain.start();
                return URI.create(line.substring(announced.length()).strip());
            }
            lines.add(line);
        }
        throw new IOException("the browser ended at once: " + lines);
    }

    /** A new tab, as yet without a page. */
    BrowserTab newTab() {
        String target = call("", "Target.createTarget", Map.of("url", "about:blank"))
                .get("targetId")
                .asString();
        String session = call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .get("sessionId")
                .asString();
        return new BrowserTab(this, session);
    }

    void listen(Consumer<JsonNode> listener) {
        listeners.add(listener);
    }

    /** Calls a method of the protocol and waits for its answer. */
    JsonNode call(String session, String method, Map<String, ?> parameters) {
        try {
            JsonNode answer = send(session, method, parameters).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (answer.has("error")) {
                throw new IllegalStateException(method + ": " + answer.get("error"));
            }
            return answer.get("result");
        } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(method + " was not answered", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The same without waiting, for a listener. */
    CompletableFuture<JsonNode> send(String session, String method, Map<String, ?> parameters) {
        int id = calls.incrementAndGet();
        Map<String, Object> message = new java.util.HashMap<>(Map.of("id", id, "method", method, "params", parameters));
        if (!session.isEmpty()) {
            message.put("sessionId", session);
        }
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        synchronized (this) {
            socket.sendText(JSON.writeValueAsString(message), true).join();
        }
        return answer;
    }

    @Override
    public void close() throws IOException {
        socket.abort();
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (UncheckedIOException stillAtWork) {
            // one of its processes has just removed a file of its own: the rest is a temporary directory's
        }
    }

    private final class Messages implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                JsonNode message = JSON.readTree(text.toString());
                text.setLength(0);
                if (message.has("id")) {
                    CompletableFuture<JsonNode> answer =
                            answers.remove(message.get("id").asInt());
                    if (answer != null) {
                        answer.complete(message);
                    }
                } else {
                    listeners.forEach(listener -> listener.accept(message));
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }
}
