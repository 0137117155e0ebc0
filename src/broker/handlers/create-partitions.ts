import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  createPartitionsApi,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
} from '../../protocol/messages/create-partitions.ts'
import { partitionsMax } from '../topic-creation.ts'
import { topicResource } from '../config-resources.ts'
import { nextTurn } from '../next-turn.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// CreatePartitions: gives topics more partitions.
//
// Behaviour
//   * The count is the new number of all partitions; not more than there are is INVALID_PARTITIONS.
//   * Assignments may be given and must name this broker.
// Versions
//   0 to 3.
// Not implemented
//   The timeout.

type WantedTopic = CreatePartitionsRequest['topics'][number]
type TopicAnswer = CreatePartitionsResponse['results'][number]

export const createPartitionsHandler: Handler<CreatePartitionsRequest, CreatePartitionsResponse> = {
  api: createPartitionsApi,
  handle: async ({ topics, validateOnly }, context) => {
    const results: TopicAnswer[] = []
    for (const wanted of topics) {
      try {
        await grow(wanted, validateOnly, context)
        results.push({ name: wanted.name, errorCode: ErrorCode.NONE, errorMessage: null })
        await nextTurn()
      } catch (error) {
        results.push(refused(wanted, error))
      }
    }
    return { throttleTimeMs: 0, results }
  },
  refuse: ({ topics }, errorCode) => ({
    throttleTimeMs: 0,
    results: topics.map((wanted) => refused(wanted, new KafkaError(errorCode))),
  }),
}

async function grow(
  { name, count, assignments }: WantedTopic,
  validateOnly: boolean,
  context: RequestContext,
): Promise<void> {
  const { cluster, log } = context.broker
  const { image } = topicResource(name, 'ALTER', context)
  const already = `The topic ${name} currently has ${image.partitionCount} partition(s); ${count} would`
  if (count <= image.partitionCount)
    throw new KafkaError(ErrorCode.INVALID_PARTITIONS, `${already} not be an increase.`)
  if (count > partitionsMax) throw new KafkaError(ErrorCode.INVALID_PARTITIONS, `${already} be too many.`)
  const isOurs =
    assignments?.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === cluster.brokerId) ?? true
  if (!isOurs || (assignments !== null && assignments.length !== count - image.partitionCount)) {
    throw new KafkaError(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `only broker ${cluster.brokerId} is there, for each new partition`,
    )
  }
  if (validateOnly) return
  await cluster.alterTopic(name, { partitionCount: count, configs: new Map() })
  log.info('partitions added', { topic: name, partitions: count, by: context.connection.peer })
}

function refused({ name }: WantedTopic, error: unknown): TopicAnswer {
  return { name, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
}
