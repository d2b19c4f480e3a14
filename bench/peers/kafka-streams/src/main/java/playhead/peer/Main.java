package playhead.peer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntConsumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;

/**
 * Payments in, predictions out, in one step:
 *
 * <pre>--brokers B --input T --output T --model FILE --group G --state FOLDER [--count N] [--guarantee at_least_once|exactly_once_v2]
 * [--threads N] [--batch ROWS] [--store memory|rocksdb] [--linger MS] [--set NAME=VALUE,...]</pre>
 */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    Map<String, String> options = options(args);
    Model model = new Model(options.get("model"));
    long count = Long.parseLong(options.getOrDefault("count", String.valueOf(Long.MAX_VALUE)));
    CountDownLatch end = new CountDownLatch(1);
    AtomicLong sent = new AtomicLong();
    IntConsumer onSent =
        rows -> {
          if (sent.addAndGet(rows) >= count) end.countDown();
        };

    KafkaStreams streams = new KafkaStreams(topology(options, model, onSent), config(options));
    AtomicBoolean hasFailed = new AtomicBoolean();
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          hasFailed.set(true);
          end.countDown();
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    AtomicBoolean isReady = new AtomicBoolean();
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING && isReady.compareAndSet(false, true)) System.out.println("ready");
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
    end.await();
    streams.close(Duration.ofSeconds(20));
    System.exit(hasFailed.get() ? 1 : 0);
  }

  private static Map<String, String> options(String[] args) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < args.length; i += 2) options.put(args[i].substring(2), args[i + 1]);
    return options;
  }

  private static Topology topology(Map<String, String> options, Model model, IntConsumer onSent) {
    int batch = Integer.parseInt(options.getOrDefault("batch", "500"));
    ProcessorSupplier<byte[], byte[], byte[], Output> score = () -> new ScorePayments(model, batch, onSent);
    Serializer<Output> json = (topic, output) -> output.json();
    StreamPartitioner<byte[], Output> samePartition =
        (topic, key, output, partitions) -> Optional.of(Set.of(output.partition()));
    var bytes = Serdes.ByteArray();
    return new Topology()
        .addSource("inbox", bytes.deserializer(), bytes.deserializer(), options.get("input"))
        .addProcessor("score", score, "inbox")
        .addStateStore(Stores.windowStoreBuilder(store(options), Serdes.String(), bytes), "score")
        .addStateStore(new PendingRowsBuilder(), "score")
        .addSink("predictions", options.get("output"), bytes.serializer(), json, samePartition, "score");
  }

  private static WindowBytesStoreSupplier store(Map<String, String> options) {
    Duration kept = Duration.ofMillis(Customer.KEPT_MS);
    Duration moment = Duration.ofMillis(1);
    return options.getOrDefault("store", "memory").equals("memory")
        ? Stores.inMemoryWindowStore(ScorePayments.STORE, kept, moment, false)
        : Stores.persistentWindowStore(ScorePayments.STORE, kept, moment, false);
  }

  private static Properties config(Map<String, String> options) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("group"));
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("brokers"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state"));
    String guarantee = options.getOrDefault("guarantee", StreamsConfig.AT_LEAST_ONCE);
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
    // The default of 30 s would have all of them done again after a crash. Exactly once commits every 100 ms by itself.
    if (guarantee.equals(StreamsConfig.AT_LEAST_ONCE)) config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.getOrDefault("threads", "2"));
    // A row that comes alone is sent within a few milliseconds: poll returns, then the punctuator looks.
    config.put(StreamsConfig.POLL_MS_CONFIG, 5);
    config.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5_000);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 4_000);
    // With the defaults, the partitions of a process that was killed wait 45 s for its successor.
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6_000);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 2_000);
    // A process that is started again takes over at once, without waiting for that session.
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), options.get("group"));
    if (options.containsKey("linger"))
      config.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), options.get("linger"));
    config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 * 1024);
    for (String setting : options.getOrDefault("set", "").split(","))
      if (!setting.isBlank()) config.put(setting.split("=", 2)[0], setting.split("=", 2)[1]);
    return config;
  }
}
