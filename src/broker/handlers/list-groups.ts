import type { ListedGroup } from '../../coordinator/group-description.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { listGroupsApi, type ListGroupsRequest, type ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import { mayUseGroup } from '../groups/group-access.ts'
import { isAllowed } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// ListGroups: the groups that this broker coordinates.
//
// Behaviour
//   * Either all of them or an error: while one partition is read back, nobody is told half of the truth.
// Versions
//   0 to 5. 4 filters by state, 5 by type.

export const listGroupsHandler: Handler<ListGroupsRequest, ListGroupsResponse> = {
  api: listGroupsApi,
  handle: async (request, context) => {
    const groups: ListedGroup[] = []
    for (const partition of context.broker.groups.all()) {
      for (const group of await partition.run('', (shard) => shard.list(request))) groups.push(group)
    }
    const seesAll = isAllowed(context, { operation: 'DESCRIBE', resource: 'CLUSTER', name: 'kafka-cluster' })
    const visible = seesAll ? groups : groups.filter(({ groupId }) => mayUseGroup(context, 'DESCRIBE', groupId))
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, groups: visible }
  },
  refuse: (_, errorCode) => ({ throttleTimeMs: 0, errorCode, groups: [] }),
}
