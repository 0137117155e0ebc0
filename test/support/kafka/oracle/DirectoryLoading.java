import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import kafka.log.LogManager;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.metadata.ConfigRepository;
import org.apache.kafka.server.util.FileLock;
import org.apache.kafka.storage.internals.log.CleanerConfig;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/** Opens a whole log directory as a broker does: lock, clean marker, checkpoints, every partition; then shuts it down in order. */
final class DirectoryLoading {
  static ObjectNode open(JsonNode request) throws Exception {
    File dir = new File(request.get("dir").asText());
    ObjectNode answer = Oracle.JSON.createObjectNode();
    LogManager manager = started(dir, request);
    try {
      answer.put("isOnline", manager.isLogDirOnline(dir.getAbsolutePath()));
      ArrayNode logs = answer.putArray("logs");
      List<UnifiedLog> loaded = new ArrayList<>(CollectionConverters.asJava(manager.allLogs().toSeq()));
      loaded.sort(Comparator.comparing(UnifiedLog::name));
      for (UnifiedLog log : loaded) logs.add(LogFacts.of(log));
    } finally {
      // Writes the checkpoints and the clean marker, and lets go of `.lock`.
      manager.shutdown(-1);
    }
    return answer;
  }

  static LogManager started(File dir, JsonNode request) {
    Properties config = Fields.properties(request.get("config"));
    Seq<File> none = CollectionConverters.asScala(List.<File>of()).toSeq();
    LogManager manager = new LogManager(
        CollectionConverters.asScala(List.of(dir)).toSeq(),
        none,
        new OneConfigForAll(config),
        new LogConfig(config),
        new CleanerConfig(false),
        1,
        Long.MAX_VALUE,
        60_000,
        60_000,
        300_000,
        PartitionLoading.MAX_TRANSACTION_TIMEOUT_MS,
        new ProducerStateManagerConfig(PartitionLoading.PRODUCER_ID_EXPIRATION_MS, false),
        PartitionLoading.PRODUCER_ID_CHECK_MS,
        new SynchronousScheduler(),
        new BrokerTopicStats(),
        new LogDirFailureChannel(16),
        StoppedTime.of(request),
        false,
        30_000,
        kafka.log.LogManager$.MODULE$.$lessinit$greater$default$20());
    try {
      manager.startup(CollectionConverters.asScala(Set.<String>of()).toSet(), (log) -> Boolean.FALSE);
      return manager;
    } catch (Throwable failure) {
      manager.dirLocks().foreach((lock) -> { quietly(lock); return null; });
      throw failure;
    }
  }

  private static void quietly(FileLock lock) {
    try {
      lock.destroy();
    } catch (Exception alreadyGone) {
      // The directory went offline and took its lock with it.
    }
  }

  /** Every topic has the same configuration: that of the request. */
  private record OneConfigForAll(Properties config) implements ConfigRepository {
    @Override
    public Properties config(ConfigResource resource) {
      return config;
    }
  }

  private DirectoryLoading() {}
}
