import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

/** Apache Kafka's own clients: a step a line on stdin, an answer a line on stdout. Arguments: host:port, and a file of settings for all clients. */
public final class JavaClient {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static String servers;
  private static final Map<String, Object> security = new HashMap<>();
  private static Admin admin;

  public static void main(String[] arguments) throws Exception {
    servers = arguments[0];
    if (arguments.length > 1) {
      Properties file = new Properties();
      try (FileReader text = new FileReader(arguments[1])) {
        file.load(text);
      }
      file.forEach((key, value) -> security.put((String) key, value));
    }
    PrintStream out = System.out;
    System.setOut(System.err);
    Map<String, Object> settings = new HashMap<>(security);
    settings.put("bootstrap.servers", servers);
    admin = Admin.create(settings);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = lines.readLine()) != null; ) {
      ObjectNode answer = JSON.createObjectNode();
      try {
        answer.set("ok", JSON.valueToTree(apply(JSON.readTree(line))));
      } catch (ExecutionException failure) {
        answer.put("error", failure.getCause().getClass().getSimpleName());
      } catch (Throwable failure) {
        answer.put("error", failure.toString());
      }
      out.println(answer);
    }
    System.exit(0);
  }

  private static Object apply(JsonNode step) throws Exception {
    String topic = step.path("topic").asText();
    String group = step.path("group").asText();
    int count = step.path("count").asInt();
    return switch (step.get("do").asText()) {
      case "create" -> admin.createTopics(List.of(new NewTopic(topic, step.path("partitions").asInt(1), (short) 1)
          .configs(strings(step.path("configs"))))).all().get();
      case "delete" -> admin.deleteTopics(List.of(topic)).all().get();
      case "addPartitions" -> admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(count))).all().get();
      case "partitions" -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
      case "configs" -> configs(topic, step.get("keys"));
      case "alter" -> alter(topic, step.get("configs"));
      case "trim" -> admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(step.get("offset").asLong())))
          .lowWatermarks().get(new TopicPartition(topic, 0)).get().lowWatermark();
      case "bounds" -> bounds(topic);
      case "at" -> at(topic, step.get("time").asLong());
      case "produce" -> produce(topic, step);
      case "consume" -> consume(topic, count, step.path("start").asLong());
      case "wake" -> wake(topic);
      case "share" -> share(topic, group, count);
      case "static" -> staticMembers(topic, group, count);
      case "committed" -> committed(topic, group, count);
      case "group" -> group(group);
      case "dropGroup" -> admin.deleteConsumerGroups(List.of(group)).all().get();
      case "cluster" -> admin.describeCluster().nodes().get().size();
      case "logDirs" -> logDirs(topic);
      case "stream" -> stream(topic, step.get("values"), step.get("pauseMs").asLong());
      default -> throw new IllegalArgumentException("unknown step " + step);
    };
  }

  private static Map<String, String> strings(JsonNode node) {
    Map<String, String> map = new HashMap<>();
    node.properties().forEach((entry) -> map.put(entry.getKey(), entry.getValue().asText()));
    return map;
  }

  private static Map<String, String> configs(String topic, JsonNode keys) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    Map<String, String> told = new TreeMap<>();
    for (JsonNode key : keys) told.put(key.asText(), config.get(key.asText()).value() + " " + config.get(key.asText()).source());
    return told;
  }

  private static Object alter(String topic, JsonNode configs) throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    strings(configs).forEach((key, value) -> changes.add(new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET)));
    return admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic), changes)).all().get();
  }

  private static List<List<Long>> bounds(String topic) throws Exception {
    int count = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    List<List<Long>> found = new ArrayList<>();
    for (int p = 0; p < count; p++) found.add(List.of(offset(topic, p, OffsetSpec.earliest()).offset(), offset(topic, p, OffsetSpec.latest()).offset()));
    return found;
  }

  private static ListOffsetsResult.ListOffsetsResultInfo offset(String topic, int partition, OffsetSpec spec) throws Exception {
    TopicPartition place = new TopicPartition(topic, partition);
    return admin.listOffsets(Map.of(place, spec)).all().get().get(place);
  }

  private static List<Long> at(String topic, long time) throws Exception {
    ListOffsetsResult.ListOffsetsResultInfo at = offset(topic, 0, OffsetSpec.forTimestamp(time));
    ListOffsetsResult.ListOffsetsResultInfo max = offset(topic, 0, OffsetSpec.maxTimestamp());
    return List.of(at.offset(), at.timestamp(), max.offset(), max.timestamp());
  }

  private static KafkaProducer<String, String> producer(Map<String, Object> own) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", servers, "linger.ms", 20));
    settings.putAll(security);
    settings.putAll(own);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }

  private static KafkaConsumer<String, String> consumer(Map<String, Object> own) {
    Map<String, Object> settings = new HashMap<>(Map.of("bootstrap.servers", servers, "fetch.max.wait.ms", 100, "auto.offset.reset", "earliest"));
    settings.putAll(security);
    settings.putAll(own);
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  private static List<Long> produce(String topic, JsonNode step) throws Exception {
    Map<String, Object> settings = Map.of("compression.type", step.path("codec").asText("none"),
        "enable.idempotence", step.path("idempotent").asBoolean(false), "acks", "all");
    long time = step.path("time").asLong(1700000000000L);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = producer(settings)) {
      int i = 0;
      for (JsonNode value : step.get("values")) {
        RecordHeader header = new RecordHeader("h", String.valueOf(i).getBytes());
        sent.add(producer.send(new ProducerRecord<>(topic, 0, time + i, "k" + i, value.asText(), List.of(header))));
        i++;
      }
    }
    List<Long> offsets = new ArrayList<>();
    for (Future<RecordMetadata> one : sent) offsets.add(one.get().offset());
    return offsets;
  }

  private static List<List<Object>> consume(String topic, int count, long start) {
    List<List<Object>> records = new ArrayList<>();
    try (KafkaConsumer<String, String> one = consumer(Map.of())) {
      TopicPartition place = new TopicPartition(topic, 0);
      one.assign(List.of(place));
      one.seek(place, start);
      while (records.size() < count) {
        for (ConsumerRecord<String, String> r : one.poll(Duration.ofSeconds(5)))
          records.add(List.of(r.offset(), r.timestamp(), r.key(), r.value(), new String(r.headers().lastHeader("h").value())));
      }
    }
    return records;
  }

  private static Object wake(String topic) throws Exception {
    try (KafkaConsumer<String, String> one = consumer(Map.of("fetch.max.wait.ms", 10000)); KafkaProducer<String, String> producer = producer(Map.of())) {
      TopicPartition place = new TopicPartition(topic, 0);
      one.assign(List.of(place));
      one.seekToEnd(List.of(place));
      one.poll(Duration.ofMillis(500));
      long begin = System.nanoTime();
      producer.send(new ProducerRecord<>(topic, 0, null, "wake")).get();
      List<String> values = new ArrayList<>();
      one.poll(Duration.ofSeconds(9)).forEach((record) -> values.add(record.value()));
      return Map.of("values", values, "isEarly", System.nanoTime() - begin < 5_000_000_000L);
    }
  }

  /** A member of a group in a thread of its own. */
  private static final class Member extends Thread {
    final List<String> values = Collections.synchronizedList(new ArrayList<>());
    final KafkaConsumer<String, String> consumer;
    final String topic;
    volatile Set<TopicPartition> partitions = Set.of();
    volatile int changes;
    volatile boolean ends;

    Member(String topic, String group, String instance) {
      Map<String, Object> settings = new HashMap<>(Map.of("group.id", group, "session.timeout.ms", 10000, "heartbeat.interval.ms", 200, "auto.commit.interval.ms", 100));
      if (instance != null) settings.put("group.instance.id", instance);
      consumer = consumer(settings);
      this.topic = topic;
      start();
    }

    @Override public void run() {
      consumer.subscribe(List.of(topic));
      while (!ends) {
        consumer.poll(Duration.ofMillis(50)).forEach((record) -> values.add(record.value()));
        Set<TopicPartition> now = Set.copyOf(consumer.assignment());
        if (!now.equals(partitions)) changes++;
        partitions = now;
      }
      consumer.close();
    }

    void end() throws InterruptedException {
      ends = true;
      join(30_000);
    }
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; !condition.getAsBoolean(); i++) {
      if (i > 1500) throw new IllegalStateException("it did not come true");
      Thread.sleep(20);
    }
  }

  private static Object share(String topic, String group, int count) throws Exception {
    Member one = new Member(topic, group, null);
    until(() -> one.partitions.size() == count);
    Member two = new Member(topic, group, null);
    until(() -> one.partitions.size() == count / 2 && two.partitions.size() == count / 2);
    one.end();
    until(() -> two.partitions.size() == count);
    two.end();
    Set<String> values = new TreeSet<>(one.values);
    values.addAll(two.values);
    return Map.of("alone", count, "shared", List.of(count / 2, count / 2), "after", count, "values", values);
  }

  private static Object staticMembers(String topic, String group, int count) throws Exception {
    Member one = new Member(topic, group, "first");
    Member two = new Member(topic, group, "second");
    until(() -> one.partitions.size() == count / 2 && two.partitions.size() == count / 2);
    Set<TopicPartition> before = two.partitions;
    int seen = one.changes;
    two.end();
    Member again = new Member(topic, group, "second");
    until(() -> !again.partitions.isEmpty());
    Object answer = Map.of("same", again.partitions.equals(before), "undisturbed", one.changes == seen);
    one.end();
    again.end();
    return answer;
  }

  private static List<Long> committed(String topic, String group, int count) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> told = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    List<Long> offsets = new ArrayList<>();
    for (int p = 0; p < count; p++) offsets.add(told.get(new TopicPartition(topic, p)).offset());
    return offsets;
  }

  private static Object group(String group) throws Exception {
    ConsumerGroupDescription told = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    boolean isListed = admin.listGroups().all().get().stream().anyMatch((one) -> one.groupId().equals(group));
    return Map.of("listed", isListed, "state", told.groupState().toString(), "members", told.members().size());
  }

  private static Object logDirs(String topic) throws Exception {
    Set<String> sizes = new TreeSet<>();
    int broker = admin.describeCluster().nodes().get().iterator().next().id();
    for (Map<String, LogDirDescription> directories : admin.describeLogDirs(List.of(broker)).allDescriptions().get().values())
      for (LogDirDescription directory : directories.values())
        directory.replicaInfos().forEach((place, replica) -> {
          if (place.topic().equals(topic)) sizes.add(place + " " + (replica.size() > 0));
        });
    return sizes;
  }

  /** An idempotent producer that goes on whatever happens to the broker. */
  private static long stream(String topic, JsonNode values, long pauseMs) throws Exception {
    long acknowledged = 0;
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    try (KafkaProducer<String, String> producer = producer(Map.of("linger.ms", 0, "reconnect.backoff.max.ms", 500, "delivery.timeout.ms", 60000, "request.timeout.ms", 10000))) {
      for (JsonNode value : values) {
        sent.add(producer.send(new ProducerRecord<>(topic, 0, null, value.asText())));
        Thread.sleep(pauseMs);
      }
    }
    for (Future<RecordMetadata> one : sent) if (one.get().offset() >= 0) acknowledged++;
    return acknowledged;
  }
}
