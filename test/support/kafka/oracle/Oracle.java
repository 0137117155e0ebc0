import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Apache Kafka's own storage and message code behind a pipe: one JSON request a line on stdin, one JSON answer a line on stdout, in order.
 * A JVM takes about a second to start, so one process answers for a whole test file.
 *
 * An int64 travels as a string of digits and an "n"; bytes travel as hex. A request that fails answers {"error": {type, message}}.
 */
public final class Oracle {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Whatever Kafka prints must not stand between the answers.
    System.setOut(System.err);
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Locks locks = new Locks();
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      answers.println(JSON.writeValueAsString(answer(JSON.readTree(line), locks)));
    }
    // Kafka's thread pools are not daemons.
    System.exit(0);
  }

  private static ObjectNode answer(JsonNode request, Locks locks) {
    try {
      return switch (request.get("op").asText()) {
        case "load" -> PartitionLoading.loadAll(request);
        case "open" -> DirectoryLoading.open(request);
        case "write" -> DirectoryWriting.write(request);
        case "dump" -> RecordDump.dump(request);
        case "rewrite" -> Messages.rewrite(request);
        case "errors" -> Messages.errors();
        case "dump-log" -> LogDump.dump(request);
        case "clients" -> Clients.run(request);
        case "consume" -> Clients.consume(request);
        case "authorize" -> Access.authorize(request);
        case "lock" -> locks.tryLock(request);
        case "unlock" -> locks.unlock(request);
        default -> throw new IllegalArgumentException("unknown op " + request.get("op"));
      };
    } catch (Throwable failure) {
      return failed(failure);
    }
  }

  static ObjectNode failed(Throwable failure) {
    ObjectNode answer = JSON.createObjectNode();
    ObjectNode error = answer.putObject("error");
    error.put("type", failure.getClass().getSimpleName());
    error.put("message", String.valueOf(failure.getMessage()));
    if (failure.getCause() != null) error.put("cause", failure.getCause().toString());
    StackTraceElement[] trace = failure.getStackTrace();
    if (trace.length > 0) error.put("at", trace[0].toString());
    return answer;
  }

  private Oracle() {}
}
