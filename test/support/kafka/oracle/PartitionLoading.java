import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogOffsetsListener;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/** Loads partition directories one by one, each with UnifiedLog, outside any log directory: the checkpoints are the caller's numbers. */
final class PartitionLoading {
  static final int MAX_TRANSACTION_TIMEOUT_MS = 15 * 60 * 1000;
  static final int PRODUCER_ID_EXPIRATION_MS = 24 * 60 * 60 * 1000;
  static final int PRODUCER_ID_CHECK_MS = 10 * 60 * 1000;

  static ObjectNode loadAll(JsonNode request) {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode logs = answer.putArray("logs");
    for (JsonNode load : request.get("loads")) logs.add(load(load));
    return answer;
  }

  private static ObjectNode load(JsonNode load) {
    try {
      UnifiedLog log = open(load);
      ObjectNode facts = LogFacts.of(log);
      // Trims the indexes, adds the final time entry, takes the snapshot: what a broker leaves behind.
      log.close();
      return facts;
    } catch (Throwable failure) {
      return Oracle.failed(failure);
    }
  }

  private static UnifiedLog open(JsonNode load) throws Exception {
    return UnifiedLog.create(
        new File(load.get("dir").asText()),
        new LogConfig(Fields.properties(load.get("config"))),
        Fields.int64(load, "logStartOffset", 0),
        Fields.int64(load, "recoveryPoint", 0),
        new SynchronousScheduler(),
        new BrokerTopicStats(),
        StoppedTime.of(load),
        MAX_TRANSACTION_TIMEOUT_MS,
        new ProducerStateManagerConfig(PRODUCER_ID_EXPIRATION_MS, false),
        PRODUCER_ID_CHECK_MS,
        new LogDirFailureChannel(16),
        Fields.flag(load, "clean", false),
        Optional.empty(),
        new ConcurrentHashMap<>(),
        false,
        LogOffsetsListener.NO_OP_OFFSETS_LISTENER);
  }

  private PartitionLoading() {}
}
