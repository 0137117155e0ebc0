import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
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
    ArrayNode headers = node.putArray("headers");
    for (Header header : record.headers()) {
      ObjectNode one = headers.addObject();
      one.put("key", header.key());
      one.put("value", header.value() == null ? null : Fields.hex(ByteBuffer.wrap(header.value())));
    }
    node.put("sequence", record.sequence());
    Fields.putInt64(node, "producerId", batch.producerId());
    node.put("control", batch.isControlBatch() ? ControlRecordType.parse(record.key()).name() : null);
  }

  private RecordDump() {}
}
