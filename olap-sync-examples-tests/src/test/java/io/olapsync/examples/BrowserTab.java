package io.olapsync.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A tab of the browser that shows one page and lets it load nothing else, and keeps what it tried and complained of. */
final class BrowserTab {

    private final Chromium browser;
    private final String session;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> loaded = new CompletableFuture<>();

    BrowserTab(Chromium browser, String session) {
        this.browser = browser;
        this.session = session;
        browser.listen(this::heard);
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
            call(domain + ".enable", Map.of());
        }
        call("Fetch.enable", Map.of("patterns", List.of(Map.of("urlPattern", "*"))));
    }

    private void heard(JsonNode message) {
        if (!session.equals(message.path("sessionId").asString(""))) {
            return;
        }
        JsonNode parameters = message.get("params");
        switch (message.get("method").asString()) {
            case "Fetch.requestPaused" -> intercept(parameters);
            case "Network.requestWillBeSent" ->
                requests.add(parameters.get("request").get("url").asString());
            case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded" ->
                complaints.add(parameters.toString());
            case "Page.javascriptDialogOpening" -> complaints.add("dialog: " + parameters);
            case "Page.loadEventFired" -> loaded.complete(null);
            default -> {}
        }
    }

    private void intercept(JsonNode request) {
        String id = request.get("requestId").asString();
        boolean document = "Document".equals(request.path("resourceType").asString(""));
        if (document) {
            browser.send(session, "Fetch.continueRequest", Map.of("requestId", id));
        } else {
            browser.send(session, "Fetch.failRequest", Map.of("requestId", id, "errorReason", "BlockedByClient"));
        }
    }

    /** @param scheme {@code light} or {@code dark} */
    BrowserTab as(int width, int height, String scheme) {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
        call(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
        return this;
    }

    BrowserTab open(Path file) throws Exception {
        call("Page.navigate", Map.of("url", file.toUri().toString()));
        loaded.get(30, TimeUnit.SECONDS);
        return this;
    }

    /** The value of an expression of JavaScript. */
    JsonNode eval(String expression) {
        JsonNode answer = call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true));
        if (answer.has("exceptionDetails")) {
            throw new IllegalStateException(answer.get("exceptionDetails").toString());
        }
        return answer.get("result").path("value");
    }

    /** What was asked for, the page itself included; {@code data:} is no request. */
    List<String> requests() {
        return requests.stream().filter(url -> !url.startsWith("data:")).toList();
    }

    /** Whatever the console would show, and dialogs. */
    List<String> complaints() {
        return complaints;
    }

    /** The whole page as a picture. */
    void screenshot(Path file) throws IOException {
        String picture = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true, "format", "png"))
                .get("data")
                .asString();
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(picture));
    }

    private JsonNode call(String method, Map<String, ?> parameters) {
        return browser.call(session, method, parameters);
    }
}
