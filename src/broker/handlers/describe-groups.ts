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
import { errorCodeOf } from '../storage-errors.ts'

// DescribeGroups: state and members of groups of the classic protocol.
//
// Behaviour
//   * A group that is not there is Dead, without an error; so is one of a newer protocol.
// Versions
//   0 to 5. 3 has authorized operations, 4 static members.
// Not implemented
//   Authorized operations are answered as not asked for.

export const describeGroupsHandler: Handler<DescribeGroupsRequest, DescribeGroupsResponse> = {
  api: describeGroupsApi,
  handle: async ({ groups }, context) => {
    const described: DescribedGroup[] = []
    for (const groupId of groups) described.push(await describe(groupId, context))
    return { throttleTimeMs: 0, groups: described }
  },
  refuse: ({ groups }, errorCode) => ({
    throttleTimeMs: 0,
    groups: groups.map((groupId) => describedNothing(groupId, errorCode)),
  }),
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
