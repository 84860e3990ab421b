package io.olapsync.testkit;

import io.olapsync.testkit.internal.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A TCP link to a server that breaks on demand.
 *
 * <p>Listens on the loopback address, on one port for all its life, and forwards what it gets. Thread-safe; no call
 * waits for a peer.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int CONNECT_MILLIS = 10_000;

    private enum State {
        OPEN,
        BLACKHOLE,
        CUT,
        CLOSED
    }

    private final String targetHost;
    private final int targetPort;
    private final Object lock = new Object();
    private final Set<Link> links = new HashSet<>();
    private State state = State.OPEN;
    private long roundTrips;
    private @Nullable ServerSocket listener;
    private @Nullable Thread acceptor;
    private final int port;

    private TcpProxy(String targetHost, int targetPort) {
        this.targetHost = targetHost;
        this.targetPort = targetPort;
        this.port = openAnywhere();
    }

    /** A working link to a server. */
    public static TcpProxy to(String host, int port) {
        return new TcpProxy(host, port);
    }

    /** Where to connect instead of to the server; the host is {@code 127.0.0.1}. */
    public int port() {
        return port;
    }

    /** How many connections are open at this moment. */
    public int connections() {
        synchronized (lock) {
            return links.size();
        }
    }

    /** How often a client has begun to send, as its first words or after an answer, over all connections so far. */
    public long roundTrips() {
        synchronized (lock) {
            return roundTrips;
        }
    }

    /** Resets all connections and refuses new ones. */
    public void cut() {
        enter(State.CUT);
    }

    /** Accepts connections and forwards nothing in either direction, the end of a connection included. */
    public void blackhole() {
        enter(State.BLACKHOLE);
    }

    /** Works again; what connections held back in a {@link #blackhole()} is forwarded now. */
    public void restore() {
        enter(State.OPEN);
    }

    /** Resets all connections, for good. */
    @Override
    public void close() {
        enter(State.CLOSED);
    }

    @Override
    public String toString() {
        return "127.0.0.1:" + port + " -> " + targetHost + ":" + targetPort;
    }

    private void enter(State next) {
        List<Link> doomed = List.of();
        Thread stopping = null;
        synchronized (lock) {
            if (state == State.CLOSED) {
                if (next == State.CLOSED) {
                    return;
                }
                throw new IllegalStateException("The proxy " + this + " is closed");
            }
            state = next;
            if (next == State.CUT || next == State.CLOSED) {
                stopping = closeListener();
                doomed = List.copyOf(links);
                links.clear();
            } else if (listener == null) {
                listener = listen(port);
            }
            lock.notifyAll();
        }
        doomed.forEach(Link::reset);
        if (stopping != null) {
            awaitEnd(stopping);
        }
    }

    private int openAnywhere() {
        for (int attempt = 1; ; attempt++) {
            int candidate = Ports.free();
            try {
                listener = listen(candidate);
                return candidate;
            } catch (UncheckedIOException taken) {
                if (attempt == 10) {
                    throw taken;
                }
            }
        }
    }

    private ServerSocket listen(int onPort) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), 50);
            acceptor = daemon("accept", () -> accept(socket));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot listen on port " + onPort, e);
        }
    }

    private @Nullable Thread closeListener() {
        ServerSocket open = listener;
        listener = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // closed is closed
            }
        }
        return acceptor;
    }

    /** The port listens on as long as a thread is inside accept(). */
    private static void awaitEnd(Thread thread) {
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Link link = new Link(socket.accept());
                boolean wanted;
                synchronized (lock) {
                    wanted = listener == socket;
                    if (wanted) {
                        links.add(link);
                    }
                }
                if (wanted) {
                    daemon("connect", link::connect);
                } else {
                    link.reset();
                }
            } catch (IOException closed) {
                // asked again by the loop
            }
        }
    }

    private Thread daemon(String what, Runnable work) {
        Thread thread = new Thread(work, "tcp-proxy-" + targetPort + "-" + what);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** Waits out a blackhole; false: the link was reset meanwhile. */
    private boolean passable(Link link) {
        synchronized (lock) {
            while (state == State.BLACKHOLE && links.contains(link)) {
                try {
                    lock.wait();
                } catch (InterruptedException e) {
                    return false;
                }
            }
            return links.contains(link);
        }
    }

    private final class Link {
        private final Socket client;
        private final Socket server = new Socket();
        private int openDirections = 2;
        private boolean clientSpoke;

        Link(Socket client) {
            this.client = client;
        }

        void connect() {
            if (!passable(this)) {
                return;
            }
            try {
                server.connect(new InetSocketAddress(targetHost, targetPort), CONNECT_MILLIS);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
            } catch (IOException unreachable) {
                reset();
                return;
            }
            daemon("upstream", () -> pump(client, server));
            pump(server, client);
        }

        private void pump(Socket from, Socket to) {
            byte[] buffer = new byte[1 << 14];
            try {
                for (int read = from.getInputStream().read(buffer);
                        read >= 0;
                        read = from.getInputStream().read(buffer)) {
                    if (!passable(this)) {
                        return;
                    }
                    speaks(from == client);
                    to.getOutputStream().write(buffer, 0, read);
                }
                if (passable(this)) {
                    to.shutdownOutput();
                    ended();
                }
            } catch (IOException broken) {
                if (passable(this)) {
                    reset();
                }
            }
        }

        private void speaks(boolean byClient) {
            synchronized (lock) {
                if (byClient && !clientSpoke) {
                    roundTrips++;
                }
                clientSpoke = byClient;
            }
        }

        private void ended() {
            boolean last;
            synchronized (lock) {
                last = --openDirections == 0;
            }
            if (last) {
                reset();
            }
        }

        /** Closes both sockets at once; where data could still be under way, the peers see a reset. */
        void reset() {
            synchronized (lock) {
                links.remove(this);
                lock.notifyAll();
            }
            abort(client);
            abort(server);
        }

        private void abort(Socket socket) {
            try {
                if (openDirections > 0) {
                    socket.setSoLinger(true, 0);
                }
            } catch (IOException e) {
                // closed already
            }
            try {
                socket.close();
            } catch (IOException e) {
                // closed is closed
            }
        }
    }
}
