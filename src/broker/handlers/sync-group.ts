import { syncError } from '../../coordinator/group-answers.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import { syncGroupApi, type SyncGroupRequest, type SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import { checkGroup } from '../groups/group-access.ts'
import type { Handler } from '../request-router.ts'

// SyncGroup: a member asks for its assignment; the leader brings those of all.
//
// Behaviour
//   * The answer waits for the leader's request, and goes out once the group's record is durable: `coordinator/sync-group.ts`.
// Versions
//   0 to 5. 3 has static members; 5 has to name the protocol.

const protocolNamedSince = 5

export const syncGroupHandler: Handler<SyncGroupRequest, SyncGroupResponse> = {
  api: syncGroupApi,
  handle: async (request, context) => {
    checkGroup(context, 'READ', request.groupId)
    const namesProtocol = request.protocolType !== null && request.protocolName !== null
    if (context.apiVersion >= protocolNamedSince && !namesProtocol) {
      throw new KafkaError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    }
    const partition = await context.broker.groups.of(request.groupId)
    return partition.sync(request)
  },
  refuse: (_, errorCode) => syncError(errorCode),
}
