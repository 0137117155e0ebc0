import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  findCoordinatorApi,
  type FindCoordinatorRequest,
  type FindCoordinatorResponse,
} from '../../protocol/messages/find-coordinator.ts'
import { GROUPS_TOPIC } from '../../coordinator/groups-topic.ts'
import { partitionFor } from '../../coordinator/group-partition.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf, errorMessageOf } from '../storage-errors.ts'

// FindCoordinator: which broker a client has to talk to about a group.
//
// Behaviour
//   * A group's coordinator leads the group's partition of __consumer_offsets, which is made if it is not there: no client has to come again.
//   * A transactional id is refused with a code that clients take for final, whatever it says: others they would retry for ever.
// Versions
//   0 to 5. 0 is about groups only, 1 has key types, 4 asks for several keys at once (KIP-699).
// Not implemented
//   The transaction coordinator, and that of share groups (version 6).

type Coordinator = FindCoordinatorResponse['coordinators'][number]

const keyTypeGroup = 0
const keyTypeTransaction = 1
const batchedSince = 4

export const findCoordinatorHandler: Handler<FindCoordinatorRequest, FindCoordinatorResponse> = {
  api: findCoordinatorApi,
  handle: async (request, context) => {
    const found: Coordinator[] = []
    for (const key of keysOf(request, context)) found.push(await coordinatorOf(request.keyType, key, context))
    return answer(found)
  },
  refuse: (request, errorCode, context) =>
    answer(keysOf(request, context).map((key) => nobody(key, new KafkaError(errorCode)))),
}

function keysOf({ key, coordinatorKeys }: FindCoordinatorRequest, { apiVersion }: RequestContext): readonly string[] {
  return apiVersion >= batchedSince ? coordinatorKeys : [key]
}

async function coordinatorOf(keyType: number, key: string, context: RequestContext): Promise<Coordinator> {
  try {
    checkKey(keyType, key, context)
    const { broker, connection } = context
    await broker.groups.of(key)
    const partitionCount = broker.topics.find(GROUPS_TOPIC)?.partitions.length ?? 0
    const { leader } = broker.cluster.partitionState(GROUPS_TOPIC, partitionFor(key, partitionCount))
    const found = broker.cluster.brokers(connection.advertised).find(({ brokerId }) => brokerId === leader)
    if (found === undefined) throw new KafkaError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    const { brokerId: nodeId, host, port } = found
    return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null }
  } catch (error) {
    return nobody(key, error)
  }
}

function checkKey(keyType: number, key: string, context: RequestContext): void {
  if (keyType === keyTypeTransaction) {
    throw new KafkaError(
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
      'this broker does not coordinate transactions',
    )
  }
  if (keyType !== keyTypeGroup) throw new KafkaError(ErrorCode.INVALID_REQUEST, `there is no key type ${keyType}`)
  if (!isAllowed(context, { operation: 'DESCRIBE', resource: 'GROUP', name: key })) {
    throw new KafkaError(ErrorCode.GROUP_AUTHORIZATION_FAILED)
  }
}

function nobody(key: string, error: unknown): Coordinator {
  const code = errorCodeOf(error)
  const errorCode = code === ErrorCode.KAFKA_STORAGE_ERROR ? ErrorCode.COORDINATOR_NOT_AVAILABLE : code
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage: errorMessageOf(error) }
}

/** The one coordinator of old versions stands beside the list of new ones. */
function answer(coordinators: readonly Coordinator[]): FindCoordinatorResponse {
  const { nodeId = -1, host = '', port = -1, errorCode = ErrorCode.NONE, errorMessage = null } = coordinators[0] ?? {}
  return { throttleTimeMs: 0, errorCode, errorMessage, nodeId, host, port, coordinators }
}
