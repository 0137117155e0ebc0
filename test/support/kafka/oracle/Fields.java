import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Properties;

/** How int64, bytes and topic configurations look in the JSON of the oracle. */
final class Fields {
  static String int64(long value) {
    return value + "n";
  }

  static long int64(JsonNode node, String name, long otherwise) {
    JsonNode field = node.get(name);
    if (field == null || field.isNull()) return otherwise;
    return field.isTextual() ? Long.parseLong(field.asText().replace("n", "")) : field.asLong();
  }

  static int int32(JsonNode node, String name, int otherwise) {
    return Math.toIntExact(int64(node, name, otherwise));
  }

  static boolean flag(JsonNode node, String name, boolean otherwise) {
    JsonNode field = node.get(name);
    return field == null || field.isNull() ? otherwise : field.asBoolean();
  }

  static String text(JsonNode node, String name, String otherwise) {
    JsonNode field = node.get(name);
    return field == null || field.isNull() ? otherwise : field.asText();
  }

  /** Hex of what remains in the buffer, or null for null. */
  static String hex(ByteBuffer bytes) {
    if (bytes == null) return null;
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return HexFormat.of().formatHex(copy);
  }

  static byte[] bytes(JsonNode node, String name) {
    JsonNode field = node.get(name);
    return field == null || field.isNull() ? null : HexFormat.of().parseHex(field.asText());
  }

  static Properties properties(JsonNode node) {
    Properties properties = new Properties();
    if (node != null) node.properties().forEach((entry) -> properties.put(entry.getKey(), entry.getValue().asText()));
    return properties;
  }

  static void putInt64(ObjectNode node, String name, long value) {
    node.put(name, int64(value));
  }

  private Fields() {}
}
