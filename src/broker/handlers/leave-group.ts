import { ErrorCode } from '../../protocol/error-codes.ts'
import { leaveGroupApi, type LeaveGroupRequest, type LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import { checkGroup } from '../groups/group-access.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// LeaveGroup: members go, of their own will or by an administrator's.
//
// Behaviour
//   * The others rebalance at once: `coordinator/leave-group.ts`.
// Versions
//   0 to 5. Up to 2 one member, whose error is that of the whole; from 3 on several, each with its own.

const severalSince = 3

export const leaveGroupHandler: Handler<LeaveGroupRequest, LeaveGroupResponse> = {
  api: leaveGroupApi,
  handle: async (request, context) => {
    checkGroup(context, 'READ', request.groupId)
    const leaving = { ...request, members: membersOf(request, context) }
    const partition = await context.broker.groups.of(request.groupId)
    const response = await partition.run(request.groupId, (shard, step) => shard.leave(leaving, step))
    const [only] = response.members
    if (context.apiVersion >= severalSince || response.errorCode !== ErrorCode.NONE) return response
    return { ...response, errorCode: only?.errorCode ?? ErrorCode.NONE }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, members: [] }),
}

function membersOf({ memberId, members }: LeaveGroupRequest, { apiVersion }: RequestContext): typeof members {
  return apiVersion >= severalSince ? members : [{ memberId, groupInstanceId: null, reason: null }]
}
