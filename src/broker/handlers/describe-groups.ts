import { type DescribedGroup, describedNothing } from '../../coordinator/group-description.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import {
  describeGroupsApi,
  type DescribeGroupsRequest,
  type DescribeGroupsResponse,
} from '../../protocol/messages/describe-groups.ts'
import { mayUseGroup } from '../groups/group-access.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { authorizedOperations } from '../security/authorized-operations.ts'
import { namedOnce } from '../named-once.ts'
import { errorCodeOf } from '../storage-errors.ts'

// DescribeGroups: state and members of groups of the classic protocol.
//
// Behaviour
//   * A group that is named twice is told once.
//   * A group that is not there is Dead, without an error; so is one of a newer protocol.
//   * Who asks is told what it may do with each group, when it wants to know.
// Versions
//   0 to 5. 3 has authorized operations, 4 static members.

export const describeGroupsHandler: Handler<DescribeGroupsRequest, DescribeGroupsResponse> = {
  api: describeGroupsApi,
  handle: async ({ groups, includeAuthorizedOperations }, context) => {
    const described: DescribedGroup[] = []
    for (const groupId of namedOnce(groups, (name) => name)) described.push(await describe(groupId, context))
    const told = includeAuthorizedOperations ? described.map((one) => withOperations(one, context)) : described
    return { throttleTimeMs: 0, groups: told }
  },
  refuse: ({ groups }, errorCode) => ({
    throttleTimeMs: 0,
    groups: groups.map((groupId) => describedNothing(groupId, errorCode)),
  }),
}

function withOperations(group: DescribedGroup, context: RequestContext): DescribedGroup {
  if (group.errorCode !== ErrorCode.NONE) return group
  return { ...group, authorizedOperations: authorizedOperations('GROUP', group.groupId, context) }
}

async function describe(groupId: string, context: RequestContext): Promise<DescribedGroup> {
  if (!mayUseGroup(context, 'DESCRIBE', groupId)) {
    return describedNothing(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED)
  }
  try {
    const partition = context.broker.groups.find(groupId)
    return (await partition?.run(groupId, (shard) => shard.describe(groupId))) ?? describedNothing(groupId)
  } catch (error) {
    return describedNothing(groupId, errorCodeOf(error))
  }
}
