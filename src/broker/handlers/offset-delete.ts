import { offsetDeleteError } from '../../coordinator/offset-delete.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  offsetDeleteApi,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
} from '../../protocol/messages/offset-delete.ts'
import { checkGroup, positionError } from '../groups/group-access.ts'
import { mergePartitions, splitPartitions } from '../groups/split-partitions.ts'
import type { Handler } from '../request-router.ts'

// OffsetDelete: a group forgets positions, in topics that its members do not read.
//
// Versions
//   0 only.

export const offsetDeleteHandler: Handler<OffsetDeleteRequest, OffsetDeleteResponse> = {
  api: offsetDeleteApi,
  handle: async (request, context) => {
    const { groupId } = request
    checkGroup(context, 'DELETE', groupId)
    const { taken, refused } = splitPartitions(request.topics, (topic, { partitionIndex }) =>
      positionError(context, { topic, partition: partitionIndex }),
    )
    const partition = context.broker.groups.find(groupId)
    if (partition === undefined) throw new KafkaError(ErrorCode.GROUP_ID_NOT_FOUND)
    const deleted = await partition.run(groupId, (shard, step) =>
      shard.offsetDelete({ ...request, topics: taken }, step),
    )
    if (deleted.errorCode !== ErrorCode.NONE) return deleted
    return { ...deleted, topics: mergePartitions(refused, deleted.topics) }
  },
  refuse: (_, errorCode) => offsetDeleteError(errorCode),
}
