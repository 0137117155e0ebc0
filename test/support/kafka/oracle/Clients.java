import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Kafka's own clients against a running broker: what administrators, producers and consumers do, step by step. */
final class Clients {
  static ObjectNode run(JsonNode request) throws Exception {
    String bootstrap = request.get("bootstrap").asText();
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      for (JsonNode step : request.get("steps")) apply(admin, bootstrap, step);
    }
    return Oracle.JSON.createObjectNode();
  }

  private static void apply(Admin admin, String bootstrap, JsonNode step) throws Exception {
    switch (step.get("do").asText()) {
      case "create" -> create(admin, step);
      case "configure" -> configure(admin, step);
      case "delete" -> admin.deleteTopics(List.of(step.get("topic").asText())).all().get();
      case "produce" -> produce(bootstrap, step);
      case "commit" -> commit(bootstrap, step);
      case "secure" -> secure(admin, step.get("user").asText());
      default -> throw new IllegalArgumentException("unknown step " + step);
    }
  }

  private static void create(Admin admin, JsonNode step) throws Exception {
    Map<String, String> configs = new HashMap<>();
    Fields.properties(step.get("configs")).forEach((key, value) -> configs.put(key.toString(), value.toString()));
    NewTopic topic = new NewTopic(step.get("topic").asText(), Fields.int32(step, "partitions", 1), (short) 1);
    admin.createTopics(List.of(topic.configs(configs))).all().get();
  }

  /** Of a topic, or of a broker; a broker without a name is all of them. A null value takes the configuration back. */
  private static void configure(Admin admin, JsonNode step) throws Exception {
    ConfigResource resource = step.has("topic")
        ? new ConfigResource(ConfigResource.Type.TOPIC, step.get("topic").asText())
        : new ConfigResource(ConfigResource.Type.BROKER, step.get("broker").asText());
    List<AlterConfigOp> changes = new ArrayList<>();
    step.get("configs").properties().forEach((entry) -> changes.add(new AlterConfigOp(
        new ConfigEntry(entry.getKey(), entry.getValue().isNull() ? null : entry.getValue().asText()),
        entry.getValue().isNull() ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET)));
    admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
  }

  /** One of each: credentials, a quota and a permission, each taken back again for a second user. */
  private static void secure(Admin admin, String user) throws Exception {
    ScramCredentialInfo scram = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
    for (String name : List.of(user, user + "-gone")) {
      admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(name, scram, "secret"))).all().get();
      alterQuota(admin, name, 12.5);
      admin.createAcls(List.of(permission(name))).all().get();
    }
    admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(user + "-gone", ScramMechanism.SCRAM_SHA_256))).all().get();
    alterQuota(admin, user + "-gone", null);
    admin.deleteAcls(List.of(permission(user + "-gone").toFilter())).all().get();
  }

  private static void alterQuota(Admin admin, String user, Double percentage) throws Exception {
    ClientQuotaEntity entity = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, user));
    ClientQuotaAlteration.Op op = new ClientQuotaAlteration.Op("request_percentage", percentage);
    admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, List.of(op)))).all().get();
  }

  private static AclBinding permission(String user) {
    return new AclBinding(new ResourcePattern(ResourceType.TOPIC, "app-", PatternType.PREFIXED),
        new AccessControlEntry("User:" + user, "*", AclOperation.READ, AclPermissionType.ALLOW));
  }

  private static void produce(String bootstrap, JsonNode step) throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("compression.type", Fields.text(step, "codec", "none"));
    properties.put("linger.ms", "50");
    String transactionalId = Fields.text(step, "transactionalId", null);
    if (transactionalId != null) properties.put("transactional.id", transactionalId);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      if (transactionalId != null) producer.initTransactions();
      if (transactionalId != null) producer.beginTransaction();
      for (JsonNode record : step.get("records")) producer.send(record(step, record));
      producer.flush();
      if (transactionalId == null) return;
      if (step.get("outcome").asText().equals("COMMIT")) producer.commitTransaction();
      else producer.abortTransaction();
    }
  }

  private static ProducerRecord<byte[], byte[]> record(JsonNode step, JsonNode record) {
    List<Header> headers = new ArrayList<>();
    if (record.has("headers")) {
      for (JsonNode header : record.get("headers")) {
        headers.add(new RecordHeader(header.get("key").asText(), Fields.bytes(header, "value")));
      }
    }
    Long timestamp = record.has("timestamp") ? Fields.int64(record, "timestamp", 0) : null;
    return new ProducerRecord<>(step.get("topic").asText(), Fields.int32(step, "partition", 0), timestamp,
        Fields.bytes(record, "key"), Fields.bytes(record, "value"), headers);
  }

  /** A member that reads what there is and commits. */
  private static void commit(String bootstrap, JsonNode step) {
    Map<String, Object> properties = consumerProperties(bootstrap);
    properties.put("group.id", step.get("group").asText());
    properties.put("group.protocol", Fields.text(step, "protocol", "classic"));
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
      consumer.subscribe(List.of(step.get("topic").asText()));
      while (consumer.poll(Duration.ofMillis(100)).isEmpty()) continue;
      consumer.commitSync();
    }
  }

  /** Every record of every partition of the topics, as a consumer of committed records sees them. */
  static ObjectNode consume(JsonNode request) throws Exception {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode partitions = answer.putArray("partitions");
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerProperties(request.get("bootstrap").asText()))) {
      for (JsonNode topic : request.get("topics")) {
        consumer.partitionsFor(topic.asText()).forEach((info) -> {
          TopicPartition partition = new TopicPartition(info.topic(), info.partition());
          ObjectNode node = partitions.addObject();
          node.put("partition", partition.toString());
          consumePartition(consumer, partition, node.putArray("records"));
        });
      }
    }
    return answer;
  }

  private static void consumePartition(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, ArrayNode records) {
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).get(partition);
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) RecordDump.put(records.addObject(), record);
    }
  }

  private static Map<String, Object> consumerProperties(String bootstrap) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("auto.offset.reset", "earliest");
    properties.put("enable.auto.commit", "false");
    properties.put("isolation.level", "read_committed");
    properties.put("key.deserializer", ByteArrayDeserializer.class);
    properties.put("value.deserializer", ByteArrayDeserializer.class);
    return properties;
  }

  private Clients() {}
}
