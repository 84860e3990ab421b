package io.olapsync.testkit.fakes;

import io.olapsync.notify.AlertText;
import io.olapsync.spi.Alert;
import io.olapsync.spi.Notifier;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;

/** A notifier that remembers what it was told. */
public final class RecordingNotifier implements Notifier {

    private final String name;
    private final List<Alert> alerts = new CopyOnWriteArrayList<>();

    /** One of this name. */
    public RecordingNotifier(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void send(Alert alert) {
        alerts.add(alert);
    }

    /** What it was told, oldest first. */
    public List<Alert> alerts() {
        return List.copyOf(alerts);
    }

    /** The subjects of what it was told, oldest first. */
    public List<String> subjects() {
        return alerts.stream().map(AlertText::subject).toList();
    }
}
