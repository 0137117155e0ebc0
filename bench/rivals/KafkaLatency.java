import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Latencies of a broker as Kafka's own client sees them, finer than the whole milliseconds of Kafka's tools. Prints the 50th and the 99th
 * percentile in seconds; fails when a record is refused, lost or not the one that was sent.
 *   KafkaLatency produce BOOTSTRAP TOPIC COUNT RATE   send to acknowledgement, acks=all, so many records a second, evenly
 *   KafkaLatency consume BOOTSTRAP TOPIC COUNT        send to poll, acks=all, one record at a time, linger.ms=0
 * A tenth as many are sent before, which do not count. Records have 100 bytes; all else is the client's default (linger.ms=5).
 */
public class KafkaLatency {
  private static final int RECORD_BYTES = 100;

  public static void main(String[] arguments) throws Exception {
    int count = Integer.parseInt(arguments[3]);
    long[] nanos = arguments[0].equals("produce")
        ? produce(arguments[1], arguments[2], count, Integer.parseInt(arguments[4]))
        : consume(arguments[1], arguments[2], count);
    Arrays.sort(nanos);
    System.out.printf("%.6f %.6f%n", nanos[count / 2] / 1e9, nanos[(int) (count * 0.99)] / 1e9);
  }

  /** Each record has a time at which it is due, so that a producer that was held up does not hide it. */
  private static long[] produce(String bootstrap, String topic, int count, int rate) throws Exception {
    int warmUp = count / 10;
    long[] nanos = new long[count];
    AtomicInteger failed = new AtomicInteger();
    CountDownLatch left = new CountDownLatch(warmUp + count);
    try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, 5)) {
      producer.partitionsFor(topic);
      long start = System.nanoTime();
      for (int i = 0; i < warmUp + count; i++) {
        int at = i - warmUp;
        long due = start + (long) i * 1_000_000_000L / rate;
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) LockSupport.parkNanos(due - now);
        producer.send(new ProducerRecord<>(topic, value(i)), (metadata, error) -> {
          if (error != null) failed.incrementAndGet();
          if (at >= 0) nanos[at] = System.nanoTime() - due;
          left.countDown();
        });
      }
      left.await();
    }
    if (failed.get() > 0) throw new IllegalStateException(failed + " records were refused");
    return nanos;
  }

  private static long[] consume(String bootstrap, String topic, int count) throws Exception {
    int warmUp = count / 10;
    long[] nanos = new long[count];
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaProducer<byte[], byte[]> producer = producer(bootstrap, 0); KafkaConsumer<byte[], byte[]> consumer = consumer(bootstrap)) {
      consumer.assign(List.of(partition));
      consumer.seekToEnd(List.of(partition));
      consumer.position(partition);
      for (int i = 0; i < warmUp + count; i++) {
        byte[] value = value(i);
        long start = System.nanoTime();
        producer.send(new ProducerRecord<>(topic, value)).get();
        ConsumerRecord<byte[], byte[]> record = next(consumer, partition);
        if (i >= warmUp) nanos[i - warmUp] = System.nanoTime() - start;
        if (!Arrays.equals(record.value(), value)) throw new IllegalStateException("record " + i + " came as another");
      }
    }
    return nanos;
  }

  private static ConsumerRecord<byte[], byte[]> next(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition) {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (System.nanoTime() < deadline) {
      List<ConsumerRecord<byte[], byte[]>> records = consumer.poll(Duration.ofSeconds(1)).records(partition);
      if (records.size() > 1) throw new IllegalStateException(records.size() + " records where one was sent");
      if (records.size() == 1) return records.get(0);
    }
    throw new IllegalStateException("a record did not come");
  }

  private static byte[] value(int number) {
    return String.format("%" + RECORD_BYTES + "d", number).getBytes();
  }

  private static KafkaProducer<byte[], byte[]> producer(String bootstrap, int lingerMs) {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", bootstrap, "acks", "all", "linger.ms", lingerMs), new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap) {
    return new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
