import com.fasterxml.jackson.databind.JsonNode;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** The wall clock stands at the request's "now", so that producers and timestamps of a fixture do not age; without one it is the system's. */
record StoppedTime(long milliseconds) implements Time {
  static Time of(JsonNode request) {
    return request.has("now") ? new StoppedTime(Fields.int64(request, "now", 0)) : Time.SYSTEM;
  }

  @Override
  public long nanoseconds() {
    return Time.SYSTEM.nanoseconds();
  }

  @Override
  public void sleep(long ms) {
    Time.SYSTEM.sleep(ms);
  }

  @Override
  public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) throws InterruptedException {
    Time.SYSTEM.waitObject(object, condition, deadlineMs);
  }
}
