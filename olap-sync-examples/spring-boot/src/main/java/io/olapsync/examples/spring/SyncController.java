package io.olapsync.examples.spring;

import io.olapsync.OlapSync;
import io.olapsync.RefreshResult;
import io.olapsync.report.HealthJson;
import java.util.List;
import java.util.Locale;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/** What the service offers of the sync to its operators. A real one stands behind the service's authentication. */
@RestController
class SyncController {

    /** How a call to refresh a view went. */
    record Refreshed(String view, String status, String reason) {}

    private final OlapSync sync;

    SyncController(OlapSync sync) {
        this.sync = sync;
    }

    @GetMapping(path = "/olap/health", produces = MediaType.APPLICATION_JSON_VALUE)
    String health() {
        return HealthJson.write(sync.health());
    }

    @PostMapping("/olap/refresh/{view}")
    List<Refreshed> refresh(@PathVariable String view) {
        try {
            return sync.refresh(view).stream().map(SyncController::refreshed).toList();
        } catch (IllegalArgumentException unknown) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, unknown.getMessage(), unknown);
        }
    }

    private static Refreshed refreshed(RefreshResult result) {
        String reason = result.error()
                .map(Throwable::getMessage)
                .or(() -> result.reason().map(Object::toString))
                .orElse("");
        return new Refreshed(result.view().toString(), result.status().name().toLowerCase(Locale.ROOT), reason);
    }
}
