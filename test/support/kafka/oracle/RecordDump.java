import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/** Every record of the .log files of a partition directory, decoded by Kafka, in file order; nothing is loaded, changed or skipped. */
final class RecordDump {
  static ObjectNode dump(JsonNode request) throws Exception {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode partitions = answer.putArray("partitions");
    for (JsonNode dir : request.get("dirs")) {
      ArrayNode records = partitions.addObject().putArray("records");
      for (File file : segments(new File(dir.asText()))) dumpFile(records, file);
    }
    return answer;
  }

  private static List<File> segments(File path) {
    if (path.isFile()) return List.of(path);
    File[] files = path.listFiles((dir, name) -> name.matches("[0-9]{20}\\.log"));
    if (files == null) throw new IllegalArgumentException("no directory " + path);
    Arrays.sort(files);
    return Arrays.asList(files);
  }

  private static void dumpFile(ArrayNode records, File file) throws Exception {
    try (FileRecords log = FileRecords.open(file, false)) {
      for (RecordBatch batch : log.batches()) {
        batch.ensureValid();
        for (Record record : batch) record(records.addObject(), batch, record);
      }
    }
  }

  private static void record(ObjectNode node, RecordBatch batch, Record record) {
    Fields.putInt64(node, "offset", record.offset());
    Fields.putInt64(node, "timestamp", record.timestamp());
    node.put("key", Fields.hex(record.key()));
    node.put("value", Fields.hex(record.value()));
    headers(node.putArray("headers"), record.headers());
    node.put("sequence", record.sequence());
    Fields.putInt64(node, "producerId", batch.producerId());
    node.put("control", batch.isControlBatch() ? ControlRecordType.parse(record.key()).name() : null);
  }

  /** A record as a consumer is given it: without what only the log knows. */
  static void put(ObjectNode node, ConsumerRecord<byte[], byte[]> record) {
    Fields.putInt64(node, "offset", record.offset());
    Fields.putInt64(node, "timestamp", record.timestamp());
    node.put("key", hex(record.key()));
    node.put("value", hex(record.value()));
    headers(node.putArray("headers"), record.headers().toArray());
  }

  private static void headers(ArrayNode headers, Header[] found) {
    for (Header header : found) {
      ObjectNode one = headers.addObject();
      one.put("key", header.key());
      one.put("value", hex(header.value()));
    }
  }

  private static String hex(byte[] bytes) {
    return bytes == null ? null : Fields.hex(ByteBuffer.wrap(bytes));
  }

  private RecordDump() {}
}
