package io.olapsync.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TcpProxyTest {

    private static final int PATIENCE_MILLIS = 5_000;
    private static final int SILENCE_MILLIS = 200;

    private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
    private ServerSocket server;
    private Thread acceptor;
    private TcpProxy proxy;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        acceptor = new Thread(() -> {
            try {
                while (true) {
                    accepted.add(server.accept());
                }
            } catch (IOException closed) {
                // the end of the test
            }
        });
        acceptor.setDaemon(true);
        acceptor.start();
        proxy = TcpProxy.to("127.0.0.1", server.getLocalPort());
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        server.close();
        for (Socket socket : accepted) {
            socket.close();
        }
    }

    @Test
    void forwards_both_ways_and_passes_the_end_on() throws Exception {
        try (Socket client = connect();
                Socket peer = peer()) {
            client.getOutputStream().write("there".getBytes(StandardCharsets.UTF_8));
            assertThat(peer.getInputStream().readNBytes(5)).asString().isEqualTo("there");
            client.shutdownOutput();
            assertThat(peer.getInputStream().read()).isEqualTo(-1);
            peer.getOutputStream().write("back".getBytes(StandardCharsets.UTF_8));
            peer.close();
            assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("back");
        }
    }

    @Test
    void a_cut_resets_what_is_connected_and_refuses_what_comes() throws Exception {
        try (Socket client = connect();
                Socket peer = peer()) {
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(() -> peer.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            assertThat(proxy.connections()).isZero();
        }
    }

    @Test
    void works_on_the_same_port_after_a_cut() throws Exception {
        int port = proxy.port();
        proxy.cut();
        proxy.restore();
        assertThat(proxy.port()).isEqualTo(port);
        try (Socket client = connect();
                Socket peer = peer()) {
            client.getOutputStream().write(7);
            assertThat(peer.getInputStream().read()).isEqualTo(7);
        }
    }

    @Test
    void a_blackhole_keeps_connections_and_forwards_nothing_until_restored() throws Exception {
        try (Socket client = connect();
                Socket peer = peer()) {
            proxy.blackhole();
            client.getOutputStream().write(1);
            peer.getOutputStream().write(2);
            assertSilent(client);
            assertSilent(peer);
            proxy.restore();
            assertThat(peer.getInputStream().read()).isEqualTo(1);
            assertThat(client.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void a_blackhole_hides_the_end_of_the_server() throws Exception {
        try (Socket client = connect();
                Socket peer = peer()) {
            proxy.blackhole();
            peer.close();
            assertSilent(client);
            proxy.restore();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void a_blackhole_accepts_and_does_not_reach_the_server() throws Exception {
        proxy.blackhole();
        try (Socket client = connect()) {
            assertSilent(client);
            assertThat(accepted).isEmpty();
            proxy.restore();
            client.getOutputStream().write(9);
            try (Socket peer = peer()) {
                assertThat(peer.getInputStream().read()).isEqualTo(9);
            }
        }
    }

    @Test
    void a_cut_ends_a_blackhole() throws Exception {
        proxy.blackhole();
        try (Socket client = connect()) {
            client.getOutputStream().write(1);
            assertSilent(client);
            proxy.cut();
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        assertThat(accepted).isEmpty();
    }

    @Test
    void a_server_that_is_not_there_resets_the_client() throws Exception {
        server.close();
        acceptor.join();
        try (Socket client = connect()) {
            assertThatThrownBy(() -> {
                        if (client.getInputStream().read() < 0) {
                            throw new SocketException("closed");
                        }
                    })
                    .isInstanceOf(SocketException.class);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private Socket peer() throws Exception {
        Socket socket = accepted.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        assertThat(socket).as("a connection at the server").isNotNull();
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static void assertSilent(Socket socket) throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        socket.setSoTimeout(PATIENCE_MILLIS);
    }
}
