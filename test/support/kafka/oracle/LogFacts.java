import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.FileLogInputStream.FileChannelRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.AbortedTxn;
import org.apache.kafka.storage.internals.log.BatchMetadata;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.OffsetPosition;
import org.apache.kafka.storage.internals.log.ProducerStateEntry;
import org.apache.kafka.storage.internals.log.TimestampOffset;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/** What Kafka knows of a partition log it has loaded: offsets, segments batch by batch, index entries, producers, epochs. */
final class LogFacts {
  static ObjectNode of(UnifiedLog log) throws IOException {
    ObjectNode facts = Oracle.JSON.createObjectNode();
    facts.put("partition", log.topicPartition().toString());
    facts.put("topicId", log.topicId().map(Object::toString).orElse(null));
    Fields.putInt64(facts, "logStartOffset", log.logStartOffset());
    Fields.putInt64(facts, "logEndOffset", log.logEndOffset());
    Fields.putInt64(facts, "recoveryPoint", log.recoveryPoint());
    facts.put("firstUnstableOffset", log.producerStateManager().firstUndecidedOffset().isPresent()
        ? Fields.int64(log.producerStateManager().firstUndecidedOffset().getAsLong()) : null);
    ArrayNode epochs = facts.putArray("leaderEpochs");
    log.leaderEpochCache().epochEntries().forEach((entry) -> {
      ObjectNode epoch = epochs.addObject();
      epoch.put("epoch", entry.epoch());
      Fields.putInt64(epoch, "startOffset", entry.startOffset());
    });
    producers(facts.putArray("producers"), log);
    ArrayNode segments = facts.putArray("segments");
    for (LogSegment segment : log.logSegments()) segment(segments.addObject(), segment);
    return facts;
  }

  private static void producers(ArrayNode list, UnifiedLog log) {
    for (ProducerStateEntry entry : new TreeMap<>(log.producerStateManager().activeProducers()).values()) {
      ObjectNode producer = list.addObject();
      Fields.putInt64(producer, "producerId", entry.producerId());
      producer.put("producerEpoch", entry.producerEpoch());
      producer.put("coordinatorEpoch", entry.coordinatorEpoch());
      Fields.putInt64(producer, "lastTimestamp", entry.lastTimestamp());
      producer.put("currentTransactionFirstOffset",
          entry.currentTxnFirstOffset().isPresent() ? Fields.int64(entry.currentTxnFirstOffset().getAsLong()) : null);
      ArrayNode batches = producer.putArray("batches");
      for (BatchMetadata batch : entry.batchMetadata()) {
        ObjectNode node = batches.addObject();
        node.put("firstSequence", batch.firstSeq());
        node.put("lastSequence", batch.lastSeq());
        Fields.putInt64(node, "firstOffset", batch.firstOffset());
        Fields.putInt64(node, "lastOffset", batch.lastOffset());
        Fields.putInt64(node, "timestamp", batch.timestamp());
      }
    }
  }

  private static void segment(ObjectNode node, LogSegment segment) throws IOException {
    Fields.putInt64(node, "baseOffset", segment.baseOffset());
    node.put("size", segment.size());
    Fields.putInt64(node, "largestTimestamp", segment.largestTimestamp());
    ArrayNode offsetIndex = node.putArray("offsetIndex");
    for (int n = 0; n < segment.offsetIndex().entries(); n++) {
      OffsetPosition entry = segment.offsetIndex().entry(n);
      ObjectNode at = offsetIndex.addObject();
      Fields.putInt64(at, "offset", entry.offset());
      at.put("position", entry.position());
    }
    ArrayNode timeIndex = node.putArray("timeIndex");
    for (int n = 0; n < segment.timeIndex().entries(); n++) {
      TimestampOffset entry = segment.timeIndex().entry(n);
      ObjectNode at = timeIndex.addObject();
      Fields.putInt64(at, "timestamp", entry.timestamp());
      Fields.putInt64(at, "offset", entry.offset());
    }
    ArrayNode aborted = node.putArray("abortedTransactions");
    for (AbortedTxn transaction : segment.txnIndex().allAbortedTxns()) {
      ObjectNode at = aborted.addObject();
      Fields.putInt64(at, "producerId", transaction.producerId());
      Fields.putInt64(at, "firstOffset", transaction.firstOffset());
      Fields.putInt64(at, "lastOffset", transaction.lastOffset());
      Fields.putInt64(at, "lastStableOffset", transaction.lastStableOffset());
    }
    ArrayNode batches = node.putArray("batches");
    try {
      for (FileChannelRecordBatch batch : segment.log().batches()) batch(batches.addObject(), batch, batch.position());
    } catch (RuntimeException damage) {
      node.put("scanError", damage.toString());
    }
  }

  static void batch(ObjectNode node, RecordBatch batch, int position) {
    node.put("position", position);
    Fields.putInt64(node, "baseOffset", batch.baseOffset());
    Fields.putInt64(node, "lastOffset", batch.lastOffset());
    node.put("size", batch.sizeInBytes());
    node.put("magic", batch.magic());
    node.put("codec", batch.compressionType().name);
    node.put("timestampType", batch.timestampType().name);
    Fields.putInt64(node, "maxTimestamp", batch.maxTimestamp());
    node.put("leaderEpoch", batch.partitionLeaderEpoch());
    Fields.putInt64(node, "producerId", batch.producerId());
    node.put("producerEpoch", batch.producerEpoch());
    node.put("baseSequence", batch.baseSequence());
    node.put("isTransactional", batch.isTransactional());
    node.put("isControl", batch.isControlBatch());
    node.put("deleteHorizonMs", batch.deleteHorizonMs().isPresent() ? Fields.int64(batch.deleteHorizonMs().getAsLong()) : null);
    node.put("recordCount", batch.countOrNull());
    node.put("crc", Long.toHexString(batch.checksum()));
    node.put("isValid", isValid(batch));
  }

  /** For magic 0 and 1 the file channel batch has no cheap isValid, so ask for the exception. */
  private static boolean isValid(RecordBatch batch) {
    try {
      batch.ensureValid();
      return true;
    } catch (RuntimeException damage) {
      return false;
    }
  }

  private LogFacts() {}
}
