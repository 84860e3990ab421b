package io.olapsync.testkit.fakes;

import io.olapsync.notify.AlertText;
import io.olapsync.spi.Alert;
import io.olapsync.spi.Notifier;
import io.olapsync.testkit.contract.NotifierContract;
import java.time.Duration;
import java.util.List;

/** The recording notifier behind the faulty one. */
class RecordingNotifierTest extends NotifierContract {

    private final RecordingNotifier recording = new RecordingNotifier("recording");
    private final FaultyNotifier notifier = new FaultyNotifier(recording, Duration.ofMillis(50));

    @Override
    protected Notifier notifier() {
        return notifier;
    }

    @Override
    protected List<String> received() {
        return recording.alerts().stream().map(RecordingNotifierTest::text).toList();
    }

    private static String text(Alert alert) {
        return AlertText.subject(alert) + "\n" + AlertText.body(alert);
    }

    @Override
    protected void away() {
        notifier.away();
    }

    @Override
    protected void refusing() {
        notifier.refusing();
    }

    @Override
    protected void hanging() {
        notifier.hanging();
    }

    @Override
    protected void back() {
        notifier.well();
    }

    @Override
    protected List<String> secrets() {
        return List.of("a secret that it does not have");
    }
}
