import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.metrics.internals.PluginMetricsImpl;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.metadata.authorizer.StandardAcl;
import org.apache.kafka.metadata.authorizer.StandardAuthorizer;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/** Kafka's StandardAuthorizer, asked who may do what by some rules. */
final class Access {
  static ObjectNode authorize(JsonNode request) throws Exception {
    ObjectNode answer = Oracle.JSON.createObjectNode();
    ArrayNode decisions = answer.putArray("decisions");
    try (StandardAuthorizer authorizer = new StandardAuthorizer()) {
      authorizer.configure(Map.of(
          "node.id", "1",
          "super.users", request.get("superUsers").asText(),
          "allow.everyone.if.no.acl.found", String.valueOf(request.get("isOpenWithoutRules").asBoolean())));
      authorizer.withPluginMetrics(new PluginMetricsImpl(new Metrics(), Map.of()));
      Map<Uuid, StandardAcl> rules = new HashMap<>();
      for (JsonNode rule : request.get("rules")) rules.put(new Uuid(1, rules.size() + 1), acl(rule));
      authorizer.loadSnapshot(rules);
      authorizer.completeInitialLoad();
      for (JsonNode question : request.get("questions")) {
        Action action = new Action(
            AclOperation.valueOf(text(question, "operation")),
            new ResourcePattern(ResourceType.valueOf(text(question, "resource")), text(question, "name"), PatternType.LITERAL),
            1, true, true);
        decisions.add(authorizer.authorize(client(question), List.of(action)).get(0) == AuthorizationResult.ALLOWED);
      }
    }
    return answer;
  }

  private static StandardAcl acl(JsonNode rule) {
    return new StandardAcl(
        ResourceType.valueOf(text(rule, "resource")), text(rule, "name"), PatternType.valueOf(text(rule, "pattern")),
        text(rule, "principal"), text(rule, "host"),
        AclOperation.valueOf(text(rule, "operation")), AclPermissionType.valueOf(text(rule, "permission")));
  }

  private static AuthorizableRequestContext client(JsonNode question) {
    return (AuthorizableRequestContext) Proxy.newProxyInstance(
        Access.class.getClassLoader(), new Class<?>[] {AuthorizableRequestContext.class}, (proxy, method, arguments) ->
            switch (method.getName()) {
              case "principal" -> new KafkaPrincipal(KafkaPrincipal.USER_TYPE, text(question, "user"));
              case "clientAddress" -> InetAddress.getByName(text(question, "host"));
              case "requestType" -> 0;
              case "requestVersion", "correlationId" -> 0;
              default -> "";
            });
  }

  private static String text(JsonNode node, String field) {
    return node.get(field).asText();
  }

  private Access() {}
}
