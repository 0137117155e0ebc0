import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.Optional;
import kafka.log.LogManager;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import scala.Option;

/**
 * Writes a log directory as a broker does. With "clean": false the directory is left as `kill -9` leaves it: indexes at full length,
 * no final snapshot, no checkpoints, no clean marker.
 */
final class DirectoryWriting {
  static ObjectNode write(JsonNode request) throws Exception {
    Path dir = Path.of(request.get("dir").asText());
    Files.createDirectories(dir);
    writeMetaProperties(dir.resolve("meta.properties"));
    LogManager manager = DirectoryLoading.started(dir.toFile(), request);
    boolean clean = Fields.flag(request, "clean", true);
    Path crashed = dir.resolveSibling(dir.getFileName() + ".crashed");
    try {
      for (JsonNode partition : request.get("partitions")) {
        UnifiedLog log = manager.getOrCreateLog(
            new TopicPartition(partition.get("topic").asText(), Fields.int32(partition, "partition", 0)),
            true, false, Optional.of(topicId(partition)), Option.empty());
        for (JsonNode step : partition.get("steps")) Steps.apply(log, step);
        log.flush(false);
      }
      if (!clean) copy(dir, crashed);
    } finally {
      manager.shutdown(-1);
    }
    if (!clean) copy(crashed, emptied(dir));
    if (!clean) emptied(crashed).toFile().delete();
    return Oracle.JSON.createObjectNode();
  }

  private static Uuid topicId(JsonNode partition) {
    String id = Fields.text(partition, "topicId", null);
    return id == null ? Uuid.randomUuid() : Uuid.fromString(id);
  }

  private static void writeMetaProperties(Path file) throws IOException {
    if (Files.exists(file)) return;
    MetaProperties identity = new MetaProperties.Builder()
        .setVersion(MetaPropertiesVersion.V1)
        .setClusterId("oracleoracleoracleorac")
        .setNodeId(1)
        .setDirectoryId(Uuid.randomUuid())
        .build();
    PropertiesUtils.writePropertiesFile(identity.toProperties(), file.toString(), true);
  }

  /** Files that are mapped and being written are read through the page cache, so a copy sees what a crashed process leaves. */
  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(from, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
        Files.createDirectories(to.resolve(from.relativize(dir)));
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        // Opening `.lock` a second time in this process and closing it would drop the lock.
        if (!file.endsWith(".lock")) Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
        return FileVisitResult.CONTINUE;
      }
    });
  }

  private static Path emptied(Path dir) throws IOException {
    try (var paths = Files.walk(dir)) {
      paths.sorted(Comparator.reverseOrder()).filter((path) -> !path.equals(dir)).map(Path::toFile).forEach(File::delete);
    }
    return dir;
  }

  private DirectoryWriting() {}
}
