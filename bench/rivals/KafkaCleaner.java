import java.io.File;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.utils.Throttler;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Apache Kafka's own log cleaner on one partition directory, once, with a broker's buffers: `java KafkaCleaner DIR SEGMENT_BYTES`. Prints the seconds that
 * Kafka says in its log line: those of the cleaning alone, without the start of the JVM and the loading of the log.
 */
public final class KafkaCleaner {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("cleanup.policy", "compact");
    properties.put("segment.bytes", args[1]);
    KafkaScheduler scheduler = new KafkaScheduler(1);
    scheduler.startup();
    UnifiedLog log = UnifiedLog.create(new File(args[0]), new LogConfig(properties), 0, Long.MAX_VALUE, scheduler, new BrokerTopicStats(),
        Time.SYSTEM, 900_000, new ProducerStateManagerConfig(86_400_000, false), 600_000, new LogDirFailureChannel(16), true, Optional.empty(),
        new ConcurrentHashMap<>(), false, LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
    log.updateHighWatermark(log.logEndOffset());
    // log.cleaner.dedupe.buffer.size, .io.buffer.size, .io.buffer.load.factor.
    Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(134_217_728), 524_288 / 2, 1_048_588, 0.9,
        new Throttler(Double.MAX_VALUE, 300, "cleaner-io", "bytes", Time.SYSTEM), Time.SYSTEM, any -> {});
    long start = System.nanoTime();
    var cleaned = cleaner.clean(new LogToClean(log, log.logStartOffset(), log.activeSegment().baseOffset(), true));
    double seconds = (System.nanoTime() - start) / 1e9;
    System.err.println("offset " + cleaned.getKey() + ", " + cleaned.getValue());
    System.out.println(seconds);
    System.exit(0);
  }

  private KafkaCleaner() {}
}
