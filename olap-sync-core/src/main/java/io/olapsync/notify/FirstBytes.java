package io.olapsync.notify;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** The beginning of an answer; the rest, however much there may be, is neither awaited nor kept. */
final class FirstBytes implements HttpResponse.BodySubscriber<String> {

    private static final int MOST = 200;

    private final CompletableFuture<String> body = new CompletableFuture<>();
    private final StringBuilder read = new StringBuilder();
    private Flow.@Nullable Subscription subscription;

    static HttpResponse.BodyHandler<String> handler() {
        return response -> new FirstBytes();
    }

    @Override
    public CompletionStage<String> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
        subscription = to;
        to.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            byte[] bytes = new byte[Math.min(buffer.remaining(), MOST)];
            buffer.get(bytes);
            read.append(new String(bytes, StandardCharsets.ISO_8859_1));
        }
        Flow.Subscription from = subscription;
        if (from != null && read.length() < MOST) {
            from.request(1);
        } else if (from != null) {
            from.cancel();
            onComplete();
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        body.complete(read.substring(0, Math.min(read.length(), MOST)));
    }
}
