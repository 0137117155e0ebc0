import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.tools.DumpLogSegments;

/** Kafka's own kafka-dump-log: the lines that it prints. */
final class LogDump {
  static ObjectNode dump(JsonNode request) throws Exception {
    List<String> arguments = new ArrayList<>();
    request.get("arguments").forEach((argument) -> arguments.add(argument.asText()));
    PrintStream before = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      DumpLogSegments.main(arguments.toArray(String[]::new));
    } finally {
      System.setOut(before);
    }
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode lines = answer.putArray("lines");
    said.toString(StandardCharsets.UTF_8).lines().forEach(lines::add);
    return answer;
  }

  private LogDump() {}
}
