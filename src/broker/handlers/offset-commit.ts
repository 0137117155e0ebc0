import { offsetCommitError } from '../../coordinator/offset-commit.ts'
import {
  offsetCommitApi,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
} from '../../protocol/messages/offset-commit.ts'
import { checkGroup, positionError } from '../groups/group-access.ts'
import { mergePartitions, splitPartitions } from '../groups/split-partitions.ts'
import type { Handler } from '../request-router.ts'

// OffsetCommit: a group says how far it has read.
//
// Behaviour
//   * Answered once the positions are durable. Partitions that are not there are refused one by one; the others are committed.
//   * Who may commit, and when: `coordinator/offset-commit.ts`.
// Versions
//   0 to 9. 0 and 1 come without generation or retention; 2 to 4 may say how long positions are kept; 9 knows GROUP_ID_NOT_FOUND.

export const offsetCommitHandler: Handler<OffsetCommitRequest, OffsetCommitResponse> = {
  api: offsetCommitApi,
  handle: async (request, context) => {
    const { groupId, topics } = request
    checkGroup(context, 'READ', groupId)
    const { taken, refused } = splitPartitions(topics, (topic, { partitionIndex }) =>
      positionError(context, { topic, partition: partitionIndex }),
    )
    if (taken.length === 0 && topics.length > 0) return { throttleTimeMs: 0, topics: refused }
    const partition = await context.broker.groups.of(groupId)
    const committed = await partition.run(groupId, (shard, step) =>
      shard.offsetCommit({ ...request, topics: taken }, context.apiVersion, step),
    )
    return { throttleTimeMs: 0, topics: mergePartitions(refused, committed.topics) }
  },
  refuse: (request, errorCode) => offsetCommitError(request, errorCode),
}
