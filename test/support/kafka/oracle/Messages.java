import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Kafka's generated message classes: what is read and written again is the same bytes when both sides agree. */
final class Messages {
  /** Reads each frame (without its size) with header and body, and writes it again. */
  static ObjectNode rewrite(JsonNode request) {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode frames = answer.putArray("frames");
    for (JsonNode frame : request.get("frames")) {
      try {
        frames.add(rewritten(frame));
      } catch (Throwable failure) {
        frames.add(Oracle.failed(failure));
      }
    }
    return answer;
  }

  /** Null for a version that this Kafka no longer has. */
  private static ObjectNode rewritten(JsonNode frame) {
    short version = (short) Fields.int32(frame, "version", 0);
    ApiMessageType api = ApiMessageType.fromApiKey((short) Fields.int32(frame, "key", 0));
    if (version < api.lowestSupportedVersion() || version > api.highestSupportedVersion(true)) return null;
    ByteBuffer bytes = ByteBuffer.wrap(Fields.bytes(frame, "bytes"));
    boolean isRequest = frame.get("isRequest").asBoolean();
    short headerVersion = isRequest ? api.requestHeaderVersion(version) : api.responseHeaderVersion(version);
    ApiMessage header = isRequest ? new RequestHeaderData() : new ResponseHeaderData();
    ApiMessage body = isRequest ? api.newRequest() : api.newResponse();
    header.read(new ByteBufferAccessor(bytes), headerVersion);
    body.read(new ByteBufferAccessor(bytes), version);
    ObjectNode answer = Oracle.JSON.createObjectNode();
    answer.put("left", bytes.remaining());
    ByteBuffer again = ByteBuffer.allocate(bytes.capacity() + 1024);
    write(header, headerVersion, again);
    write(body, version, again);
    answer.put("bytes", Fields.hex(again.flip()));
    return answer;
  }

  private static void write(ApiMessage message, short version, ByteBuffer to) {
    ObjectSerializationCache cache = new ObjectSerializationCache();
    message.size(cache, version);
    message.write(new ByteBufferAccessor(to), cache, version);
  }

  /** Every error code with its name, and whether its exception is retriable. */
  static ObjectNode errors() {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode errors = answer.putArray("errors");
    for (Errors error : Errors.values()) {
      ObjectNode one = errors.addObject();
      one.put("code", error.code());
      one.put("name", error.name());
      one.put("isRetriable", error.exception() instanceof RetriableException);
    }
    return answer;
  }

  private Messages() {}
}
