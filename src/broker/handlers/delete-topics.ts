import type { Uuid } from '../../base/uuid.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  deleteTopicsApi,
  type DeleteTopicsRequest,
  type DeleteTopicsResponse,
} from '../../protocol/messages/delete-topics.ts'
import { directoryOwner } from '../authorizer.ts'
import { nextTurn } from '../next-turn.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'
import type { ServedTopic } from '../topic-registry.ts'
import { NO_TOPIC_ID } from '../topic-names.ts'

// DeleteTopics: deletes topics with all their records.
//
// Behaviour
//   * With delete.topic.enable=false all is refused, but to commands that have the directory.
//   * Groups forget their positions in it.
//   * The topic is gone when the answer is there; fetches that wait for it are answered. The broker's own topics stay.
//   * One that is not there is UNKNOWN_TOPIC_OR_PARTITION, or UNKNOWN_TOPIC_ID when it was named by its id. Name and id are both told.
// Versions
//   0 to 6. 6 takes ids.
// Not implemented
//   The timeout.

type TopicAnswer = DeleteTopicsResponse['responses'][number]

interface NamedTopic {
  readonly name: string | null
  readonly topicId: Uuid
}

export const deleteTopicsHandler: Handler<DeleteTopicsRequest, DeleteTopicsResponse> = {
  api: deleteTopicsApi,
  handle: async (request, context) => {
    const responses: TopicAnswer[] = []
    refuseUnlessEnabled(context)
    context.broker.topics.refresh()
    for (const named of namedIn(request, context)) {
      responses.push(await deleteOne(named, context))
      await nextTurn()
    }
    return { throttleTimeMs: 0, responses }
  },
  refuse: (request, errorCode, context) => ({
    throttleTimeMs: 0,
    responses: namedIn(request, context).map((named) => refused(named, new KafkaError(errorCode))),
  }),
}

function refuseUnlessEnabled({ broker, connection, apiVersion }: RequestContext): void {
  if (broker.config.isTopicDeletionEnabled || connection.principal === directoryOwner) return
  throw new KafkaError(apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED)
}

function namedIn({ topics, topicNames }: DeleteTopicsRequest, { apiVersion }: RequestContext): readonly NamedTopic[] {
  return apiVersion >= 6 ? topics : topicNames.map((name) => ({ name, topicId: NO_TOPIC_ID }))
}

async function deleteOne(named: NamedTopic, context: RequestContext): Promise<TopicAnswer> {
  const { broker, connection } = context
  try {
    const { image } = find(named, context)
    if (image.isInternal) throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `${image.name} is the broker's own`)
    broker.topics.closeTopic(image.name)
    await broker.cluster.deleteTopic(image.name)
    broker.groups.topicsDeleted([image.name])
    broker.log.info('topic deleted', { topic: image.name, by: connection.peer })
    return { name: image.name, topicId: image.id, errorCode: ErrorCode.NONE, errorMessage: null }
  } catch (error) {
    return refused(named, error)
  }
}

function find({ name, topicId }: NamedTopic, context: RequestContext): ServedTopic {
  const { topics } = context.broker
  const topic = name === null ? topics.findById(topicId) : topics.find(name)
  // Who may not delete it may not learn the name of an id either.
  const mayDelete = isAllowed(context, {
    operation: 'DELETE',
    resource: 'TOPIC',
    name: topic?.image.name ?? name ?? '',
  })
  if (!mayDelete && name !== null) throw new KafkaError(ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  if (topic !== undefined && mayDelete) return topic
  throw new KafkaError(name === null ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
}

function refused({ name, topicId }: NamedTopic, error: unknown): TopicAnswer {
  return { name, topicId, errorCode: errorCodeOf(error), errorMessage: errorMessageOf(error) }
}
