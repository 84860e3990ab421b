package io.olapsync.examples.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.olapsync.OlapSync;
import io.olapsync.SyncPlan;
import io.olapsync.jdbc.PostgresDoctor;
import io.olapsync.jdbc.PostgresHistory;
import io.olapsync.report.StatusPage;
import io.olapsync.spi.Finding;
import io.olapsync.spi.RefreshException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "page",
        description = "Writes the status page to a file, or serves it on this machine alone. Changes nothing.")
final class PageCommand extends ServerCommand {

    private static final Pattern OURS = Pattern.compile("(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?");

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The file; olap-sync.html by default, - is standard output.")
    private Optional<String> file = Optional.empty();

    @Option(
            names = "--serve",
            paramLabel = "PORT",
            description = "Serve it at http://localhost:PORT/ until the process is ended; 0 is any free port. Others"
                    + " cannot reach it: there is no authentication.")
    private Optional<Integer> port = Optional.empty();

    @Option(names = "--no-doctor", description = "Without the findings of the doctor.")
    private boolean withoutDoctor;

    @Override
    public Integer call() throws Exception {
        if (file.isPresent() && port.isPresent()) {
            throw new BadInputException("--out and --serve exclude each other");
        }
        if (port.isPresent() && (port.get() < 0 || port.get() > 65_535)) {
            throw new BadInputException("--serve needs a port between 0 and 65535, not " + port.get());
        }
        try (Database database = Database.reached(options)) {
            SyncPlan plan = database.plan();
            try (OlapSync sync = database.onlooker(plan, builder -> builder)) {
                if (port.isPresent()) {
                    serve(sync, database, port.get());
                } else {
                    write(page(sync, database));
                }
                return Exit.OK;
            }
        }
    }

    private StatusPage page(OlapSync sync, Database database) throws RefreshException {
        StatusPage page = StatusPage.of(sync, new PostgresHistory(database.dataSource(), database.tables()));
        if (withoutDoctor) {
            return page;
        }
        List<Finding> findings = PostgresDoctor.of(database.dataSource()).examine(views(sync.plan(), List.of()));
        return page.withFindings(findings);
    }

    private void write(StatusPage page) throws IOException {
        String name = file.orElse("olap-sync.html");
        if (name.equals("-")) {
            out().println(page.html());
            out().flush();
            return;
        }
        Path target = Path.of(name);
        try {
            Files.writeString(target, page.html());
        } catch (IOException e) {
            throw new BadInputException("--out: '" + target + "' cannot be written: " + e.getMessage(), e);
        }
        said("file", target.toAbsolutePath().toString());
    }

    private void serve(OlapSync sync, Database database, int wanted) throws InterruptedException {
        HttpServer server = listening(wanted);
        server.createContext("/", exchange -> {
            try (exchange) {
                answer(exchange, sync, database);
            }
        });
        server.start();
        said("url", "http://localhost:" + server.getAddress().getPort() + "/");
        try {
            new CountDownLatch(1).await();
        } finally {
            server.stop(0);
        }
    }

    private static HttpServer listening(int wanted) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 0);
        } catch (IOException e) {
            throw new BadInputException("--serve: port " + wanted + " cannot be listened at: " + e.getMessage(), e);
        }
    }

    /** A page on this machine is still open to other sites' scripts by a name that leads here; so the name is looked at. */
    private void answer(HttpExchange exchange, OlapSync sync, Database database) throws IOException {
        String host = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Host"))
                .orElse("");
        if (!OURS.matcher(host).matches()) {
            reply(exchange, 403, "only for this machine");
        } else if (!Set.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
            reply(exchange, 405, "GET it");
        } else if (!exchange.getRequestURI().getPath().equals("/")) {
            reply(exchange, 404, "the page is at /");
        } else {
            try {
                String page = page(sync, database).html();
                exchange.getResponseHeaders().set("Content-Security-Policy", StatusPage.contentSecurityPolicy());
                exchange.getResponseHeaders().set("Refresh", "15");
                reply(exchange, 200, page);
            } catch (RefreshException e) {
                reply(exchange, 503, "the database cannot be asked: " + e.getMessage());
            }
        }
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders()
                .set("Content-Type", (status == 200 ? "text/html" : "text/plain") + "; charset=utf-8");
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    private void said(String what, String value) {
        if (options.json()) {
            ObjectNode document = ReportJson.object().put(what, value);
            print(document);
        } else {
            out().println(value);
            out().flush();
        }
    }
}
