import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.server.util.FileLock;

/** The lock a broker takes on `.lock` of each log directory: Kafka's own class, an exclusive lock of the whole file. */
final class Locks {
  private final Map<String, FileLock> held = new HashMap<>();

  ObjectNode tryLock(JsonNode request) throws Exception {
    String path = request.get("path").asText();
    FileLock lock = new FileLock(new File(path));
    boolean locked = lock.tryLock();
    if (locked) held.put(path, lock);
    else lock.unlockAndClose();
    ObjectNode answer = Oracle.JSON.createObjectNode();
    answer.put("held", locked);
    return answer;
  }

  ObjectNode unlock(JsonNode request) throws Exception {
    FileLock lock = held.remove(request.get("path").asText());
    // What the broker does at shutdown: the file is deleted too.
    if (lock != null) lock.destroy();
    return Oracle.JSON.createObjectNode();
  }
}
