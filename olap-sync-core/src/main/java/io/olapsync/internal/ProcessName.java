package io.olapsync.internal;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Names this process for people who read the history. */
final class ProcessName {

    private ProcessName() {}

    static String current() {
        return ProcessHandle.current().pid() + "@" + host();
    }

    private static String host() {
        String name = System.getenv("HOSTNAME");
        if (name != null && !name.isBlank()) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }
}
