import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { heartbeatApi, type HeartbeatRequest, type HeartbeatResponse } from '../../protocol/messages/heartbeat.ts'
import { checkGroup } from '../groups/group-access.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// Heartbeat: a member says that it is alive, and learns whether it has to join again.
//
// Behaviour
//   * While groups are read back every heartbeat is taken for right: what was remembered of the member will be known in a moment.
// Versions
//   0 to 4. 3 has static members.

export const heartbeatHandler: Handler<HeartbeatRequest, HeartbeatResponse> = {
  api: heartbeatApi,
  handle: async (request, context) => {
    checkGroup(context, 'READ', request.groupId)
    return answer(await errorCodeFor(request, context))
  },
  refuse: (_, errorCode) => answer(errorCode),
}

async function errorCodeFor(request: HeartbeatRequest, { broker }: RequestContext): Promise<number> {
  try {
    const partition = await broker.groups.of(request.groupId)
    return await partition.run(request.groupId, (shard, step) => shard.heartbeat(request, step))
  } catch (error) {
    if (error instanceof KafkaError && error.code === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return ErrorCode.NONE
    throw error
  }
}

function answer(errorCode: number): HeartbeatResponse {
  return { throttleTimeMs: 0, errorCode }
}
