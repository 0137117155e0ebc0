import { ErrorCode } from '../../protocol/error-codes.ts'
import {
  deleteGroupsApi,
  type DeleteGroupsRequest,
  type DeleteGroupsResponse,
} from '../../protocol/messages/delete-groups.ts'
import { mayUseGroup } from '../groups/group-access.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// DeleteGroups: groups without members go, and their positions with them.
//
// Behaviour
//   * A group that is named twice is answered once.
// Versions
//   0 to 2.

export const deleteGroupsHandler: Handler<DeleteGroupsRequest, DeleteGroupsResponse> = {
  api: deleteGroupsApi,
  handle: async ({ groupsNames }, context) => {
    const results: DeleteGroupsResponse['results'][number][] = []
    for (const groupId of new Set(groupsNames)) results.push({ groupId, errorCode: await remove(groupId, context) })
    return { throttleTimeMs: 0, results }
  },
  refuse: ({ groupsNames }, errorCode) => ({
    throttleTimeMs: 0,
    results: groupsNames.map((groupId) => ({ groupId, errorCode })),
  }),
}

async function remove(groupId: string, context: RequestContext): Promise<number> {
  if (!mayUseGroup(context, 'DELETE', groupId)) return ErrorCode.GROUP_AUTHORIZATION_FAILED
  try {
    const partition = context.broker.groups.find(groupId)
    if (partition === undefined) return ErrorCode.GROUP_ID_NOT_FOUND
    return await partition.run(groupId, (shard, step) => shard.delete(groupId, step))
  } catch (error) {
    return errorCodeOf(error)
  }
}
