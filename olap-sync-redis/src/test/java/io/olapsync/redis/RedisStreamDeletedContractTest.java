package io.olapsync.redis;

/** Messages are lost because the stream is deleted, and its group with it. */
class RedisStreamDeletedContractTest extends RedisStreamContract {

    RedisStreamDeletedContractTest() {
        super(probe -> probe.redis.del(probe.key));
    }
}
