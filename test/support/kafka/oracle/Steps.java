import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.Cleaner;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.LogToClean;
import org.apache.kafka.storage.internals.log.SkimpyOffsetMap;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import org.apache.kafka.storage.internals.utils.Throttler;

/** What can be done to a log that is being written: append, mark the end of a transaction, roll, compact, trim. */
final class Steps {
  static void apply(UnifiedLog log, JsonNode step) throws Exception {
    switch (step.get("do").asText()) {
      case "append" -> append(log, step);
      case "marker" -> appendMarker(log, step);
      case "roll" -> log.roll();
      case "compact" -> compact(log, Fields.int64(step, "now", Time.SYSTEM.milliseconds()));
      case "trim" -> trim(log, Fields.int64(step, "logStartOffset", 0));
      default -> throw new IllegalArgumentException("unknown step " + step);
    }
    log.updateHighWatermark(log.logEndOffset());
  }

  private static void append(UnifiedLog log, JsonNode step) throws Exception {
    byte magic = (byte) Fields.int32(step, "magic", RecordBatch.CURRENT_MAGIC_VALUE);
    int leaderEpoch = Fields.int32(step, "leaderEpoch", 0);
    if (magic < RecordBatch.MAGIC_VALUE_V2) {
      // A leader of today writes magic 2 only; a follower takes what it is sent.
      log.appendAsFollower(batch(log, step, magic, log.logEndOffset()), leaderEpoch);
      return;
    }
    log.appendAsLeader(batch(log, step, magic, 0), leaderEpoch, AppendOrigin.CLIENT, RequestLocal.noCaching(),
        VerificationGuard.SENTINEL, (short) 0);
  }

  private static MemoryRecords batch(UnifiedLog log, JsonNode step, byte magic, long baseOffset) {
    List<SimpleRecord> records = new ArrayList<>();
    for (JsonNode record : step.get("records")) records.add(record(record));
    int size = 1024 + records.stream().mapToInt((record) -> 128 + valueSize(record)).sum();
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(size), magic, compression(step),
        magic == RecordBatch.MAGIC_VALUE_V0 ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME, baseOffset, 0L,
        Fields.int64(step, "producerId", RecordBatch.NO_PRODUCER_ID), (short) Fields.int32(step, "producerEpoch", RecordBatch.NO_PRODUCER_EPOCH),
        Fields.int32(step, "baseSequence", RecordBatch.NO_SEQUENCE), Fields.flag(step, "isTransactional", false),
        Fields.int32(step, "leaderEpoch", 0));
    records.forEach(builder::append);
    return builder.build();
  }

  private static int valueSize(SimpleRecord record) {
    int key = record.key() == null ? 0 : record.key().remaining();
    int value = record.value() == null ? 0 : record.value().remaining();
    return key + value;
  }

  private static SimpleRecord record(JsonNode record) {
    List<Header> headers = new ArrayList<>();
    if (record.has("headers")) {
      for (JsonNode header : record.get("headers")) {
        headers.add(new RecordHeader(header.get("key").asText(), Fields.bytes(header, "value")));
      }
    }
    return new SimpleRecord(Fields.int64(record, "timestamp", 1_700_000_000_000L), Fields.bytes(record, "key"),
        Fields.bytes(record, "value"), headers.toArray(new Header[0]));
  }

  private static Compression compression(JsonNode step) {
    return Compression.of(Fields.text(step, "codec", "none")).build();
  }

  private static void appendMarker(UnifiedLog log, JsonNode step) throws Exception {
    ControlRecordType type = ControlRecordType.valueOf(step.get("type").asText());
    MemoryRecords marker = MemoryRecords.withEndTransactionMarker(Fields.int64(step, "timestamp", 1_700_000_000_000L),
        Fields.int64(step, "producerId", 0), (short) Fields.int32(step, "producerEpoch", 0),
        new EndTransactionMarker(type, Fields.int32(step, "coordinatorEpoch", 0)));
    log.appendAsLeader(marker, Fields.int32(step, "leaderEpoch", 0), AppendOrigin.COORDINATOR, RequestLocal.noCaching(),
        VerificationGuard.SENTINEL, (short) 0);
  }

  /** One pass of the log cleaner over every closed segment. */
  private static void compact(UnifiedLog log, long now) throws Exception {
    Cleaner cleaner = new Cleaner(0, new SkimpyOffsetMap(1 << 20), 1 << 16, 1 << 20, 0.9,
        new Throttler(Double.MAX_VALUE, Long.MAX_VALUE, "oracle", "bytes", Time.SYSTEM), Time.SYSTEM, (TopicPartition any) -> {});
    cleaner.doClean(new LogToClean(log, log.logStartOffset(), log.activeSegment().baseOffset(), true), now);
  }

  private static void trim(UnifiedLog log, long logStartOffset) {
    log.maybeIncrementLogStartOffset(logStartOffset, LogStartOffsetIncrementReason.ClientRecordDeletion);
  }

  private Steps() {}
}
