import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.*;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/** Runs Apache Kafka's command line tools one after the other in one JVM: {"tool": class, "words": [...], "input": "...", "hearsErrors": whether what it says on stderr counts} a line, {"ok": stdout, "code": n} back. */
public final class ConsoleTools {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The first exit code that a tool named: some catch the exception that stands for the end, and end again with another one. */
  private static Integer code;

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    PrintStream errors = System.err;
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    Exit.setExitProcedure(ConsoleTools::end);
    Exit.setHaltProcedure(ConsoleTools::end);
    for (String line; (line = lines.readLine()) != null; ) {
      JsonNode step = JSON.readTree(line);
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      System.setIn(new ByteArrayInputStream(step.path("input").asText().getBytes()));
      PrintStream all = new PrintStream(said, true);
      System.setOut(all);
      System.setErr(step.path("hearsErrors").asBoolean() ? all : errors);
      code = null;
      run(step.get("tool").asText(), step.get("words"));
      ObjectNode answer = JSON.createObjectNode();
      answer.putObject("ok").put("code", code == null ? 0 : code).put("said", said.toString());
      answers.println(answer);
    }
    Runtime.getRuntime().halt(0);
  }

  private static void end(int exitCode, String message) {
    if (code == null) code = exitCode;
    throw new IllegalStateException("exit " + exitCode);
  }

  private static void run(String tool, JsonNode words) throws Exception {
    List<String> list = new ArrayList<>();
    for (JsonNode word : words) list.add(word.asText());
    try {
      Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) list.toArray(new String[0]));
    } catch (InvocationTargetException failure) {
      if (code != null) return;
      System.out.println(failure.getCause());
      code = 1;
    }
  }
}
