import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  describeConfigsApi,
  type DescribeConfigsRequest,
  type DescribeConfigsResponse,
} from '../../protocol/messages/describe-configs.ts'
import { checkBrokerResource, ResourceType, topicResource } from '../config-resources.ts'
import { brokerConfigAnswers, type ConfigAnswer, topicConfigAnswers } from '../described-configs.ts'
import { namedOnce } from '../named-once.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// DescribeConfigs: configurations of topics and of the broker, defaults included.
//
// Behaviour
//   * null, or an empty list, asks for all. Synonyms and documentation are told when asked for.
//   * Topics: every configuration, with where its value comes from. Broker: by its id, or "" for all brokers' defaults, of which there are none.
//   * What is asked for twice is told once.
//   * Other kinds of resources are INVALID_REQUEST.
// Versions
//   0 to 4. 1 has sources and synonyms, 3 types and documentation.
// Not implemented
//   Groups, loggers and client metrics.

type Resource = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = DescribeConfigsResponse['results'][number]

export const describeConfigsHandler: Handler<DescribeConfigsRequest, DescribeConfigsResponse> = {
  api: describeConfigsApi,
  handle: (request, context) => ({
    throttleTimeMs: 0,
    results: namedOnce(request.resources, questionOf).map((resource) => {
      try {
        const configs = selected(configsOf(resource, context), resource.configurationKeys)
        return { ...blank(resource), configs: configs.map((one) => asAsked(one, request)) }
      } catch (error) {
        return refused(resource, error)
      }
    }),
  }),
  refuse: ({ resources }, errorCode) => ({
    throttleTimeMs: 0,
    results: resources.map((resource) => refused(resource, new KafkaError(errorCode))),
  }),
}

function questionOf({ resourceType, resourceName, configurationKeys }: Resource): string {
  return JSON.stringify([resourceType, resourceName, configurationKeys ?? []])
}

function configsOf({ resourceType, resourceName }: Resource, context: RequestContext): ConfigAnswer[] {
  switch (resourceType) {
    case ResourceType.TOPIC:
      return topicConfigAnswers(
        topicResource(resourceName, 'DESCRIBE_CONFIGS', context).image.configs,
        context.broker.config,
      )
    case ResourceType.BROKER:
      checkBrokerResource(resourceName, 'DESCRIBE_CONFIGS', context)
      return resourceName === '' ? [] : brokerConfigAnswers(context.broker)
    default:
      throw new KafkaError(ErrorCode.INVALID_REQUEST, `resources of type ${resourceType} have no configuration here`)
  }
}

function selected(configs: ConfigAnswer[], keys: readonly string[] | null): ConfigAnswer[] {
  if (keys === null || keys.length === 0) return configs
  return configs.filter(({ name }) => keys.includes(name))
}

function asAsked(
  config: ConfigAnswer,
  { includeSynonyms, includeDocumentation }: DescribeConfigsRequest,
): ConfigAnswer {
  return {
    ...config,
    synonyms: includeSynonyms ? config.synonyms : [],
    documentation: includeDocumentation ? config.documentation : null,
  }
}

function refused(resource: Resource, error: unknown): ResourceAnswer {
  return { ...blank(resource), errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
}

function blank({ resourceType, resourceName }: Resource): ResourceAnswer {
  return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs: [] }
}
