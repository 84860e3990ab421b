package io.olapsync.testkit.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Finds free TCP ports on the loopback address. */
public final class Ports {

    // below the range from which Linux and macOS take the ports of outgoing connections, so that a server which was
    // stopped finds its port free when it starts again
    private static final int FIRST = 10_240;
    private static final int LAST = 32_700;

    private Ports() {}

    /** A port nobody listens on at this moment; somebody else may take it in the next. */
    public static int free() {
        for (int attempt = 0; attempt < 100; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException taken) {
                // the next one
            }
        }
        throw new IllegalStateException("No free port between " + FIRST + " and " + LAST + " in 100 attempts");
    }
}
