import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  createTopicsApi,
  type CreateTopicsRequest,
  type CreateTopicsResponse,
} from '../../protocol/messages/create-topics.ts'
import { topicConfigAnswers } from '../described-configs.ts'
import { nextTurn } from '../next-turn.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'
import { creationError, partitionsMax, planTopic } from '../topic-creation.ts'
import { NO_TOPIC_ID } from '../topic-names.ts'

// CreateTopics: makes topics.
//
// Behaviour
//   * Each topic is judged by itself; what is answered without an error can be used at once. A name that stands twice in a request is
//     INVALID_REQUEST both times.
//   * More than 10000 partitions in one request are POLICY_VIOLATION.
//   * -1 for partitions or replication factor is the broker's choice, in all versions. More replicas than brokers is INVALID_REPLICATION_FACTOR.
//   * Configurations that we do not know are INVALID_CONFIG, but for those of Kafka's that have no effect here: they are kept.
// Versions
//   0 to 7. 1 can only validate, 5 tells what was made, 7 its id.
// Not implemented
//   The timeout: a topic is there when the answer is.

type WantedTopic = CreateTopicsRequest['topics'][number]
type TopicAnswer = CreateTopicsResponse['topics'][number]

export const createTopicsHandler: Handler<CreateTopicsRequest, CreateTopicsResponse> = {
  api: createTopicsApi,
  handle: async ({ topics, validateOnly }, context) => {
    const answers: TopicAnswer[] = []
    context.broker.topics.refresh()
    refuseTooMany(topics)
    const repeated = repeatedIn(topics)
    for (const wanted of topics) {
      const isRepeated = repeated.has(wanted.name)
      answers.push(await create(wanted, { isRepeated, validateOnly }, context))
      await nextTurn()
    }
    return { throttleTimeMs: 0, topics: answers }
  },
  refuse: ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => refused(name, new KafkaError(errorCode))),
  }),
}

/** As a controller of Kafka has it. */
function refuseTooMany(topics: readonly WantedTopic[]): void {
  const wanted = topics.map(({ numPartitions, assignments }) => Math.max(1, numPartitions, assignments.length))
  if (wanted.reduce((sum, count) => sum + count, 0) <= partitionsMax) return
  throw new KafkaError(ErrorCode.POLICY_VIOLATION, 'Excessively large number of partitions per request.')
}

function repeatedIn(topics: readonly WantedTopic[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const repeated = new Set<string>()
  for (const { name } of topics) {
    if (seen.has(name)) repeated.add(name)
    seen.add(name)
  }
  return repeated
}

async function create(
  wanted: WantedTopic,
  { isRepeated, validateOnly }: { readonly isRepeated: boolean; readonly validateOnly: boolean },
  context: RequestContext,
): Promise<TopicAnswer> {
  const { broker, connection } = context
  const { name } = wanted
  try {
    if (isRepeated) throw new KafkaError(ErrorCode.INVALID_REQUEST, `topic ${name} is named twice`)
    if (!mayCreate(name, context)) throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
    const plan = planTopic(wanted, broker.cluster, broker.config)
    if (broker.topics.find(name) !== undefined) throw existing(name)
    if (!validateOnly) {
      if (!(await broker.cluster.createTopic(plan))) throw existing(name)
      broker.log.info('topic created', { topic: name, partitions: plan.partitionCount, by: connection.peer })
    }
    return {
      ...blank(name),
      topicId: broker.topics.find(name)?.image.id ?? NO_TOPIC_ID,
      numPartitions: plan.partitionCount,
      replicationFactor: 1,
      configs: topicConfigAnswers(plan.configs, broker.config).map(
        ({ name: key, value, readOnly, configSource, isSensitive }) => ({
          name: key,
          value,
          readOnly,
          configSource,
          isSensitive,
        }),
      ),
    }
  } catch (error) {
    return refused(name, creationError(error))
  }
}

function mayCreate(name: string, context: RequestContext): boolean {
  if (isAllowed(context, { operation: 'CREATE', resource: 'CLUSTER', name: 'kafka-cluster' })) return true
  return isAllowed(context, { operation: 'CREATE', resource: 'TOPIC', name })
}

function existing(name: string): KafkaError {
  return new KafkaError(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
}

function refused(name: string, error: unknown): TopicAnswer {
  return { ...blank(name), errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
}

function blank(name: string): TopicAnswer {
  return {
    name,
    topicId: NO_TOPIC_ID,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: null,
  }
}
