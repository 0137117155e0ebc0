import { GroupTable } from '../../coordinator/group-table.ts'
import { noPosition, offsetFetch, offsetFetchError } from '../../coordinator/offset-fetch.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import {
  offsetFetchApi,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../../protocol/messages/offset-fetch.ts'
import { mayUseGroup } from '../groups/group-access.ts'
import { namedOnce } from '../named-once.ts'
import { isAllowed, type RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'
import { errorCodeOf } from '../storage-errors.ts'

// OffsetFetch: how far a group has read.
//
// Behaviour
//   * A position that was never committed is -1, without an error, whether the partition is there or not; version 0 knows the difference.
//   * A group that cannot be asked has the error of the group from version 2 on, and of each of its partitions before.
// Versions
//   0 to 9. 2 asks for all partitions with null topics, 7 has `requireStable`, 8 asks for several groups.

type GroupToFetch = OffsetFetchRequest['groups'][number]
type FetchedGroup = OffsetFetchResponse['groups'][number]

const groupErrorSince = 2
const severalGroupsSince = 8

export const offsetFetchHandler: Handler<OffsetFetchRequest, OffsetFetchResponse> = {
  api: offsetFetchApi,
  handle: async (request, context) => {
    const fetched: FetchedGroup[] = []
    for (const group of allOnce(groupsOf(request, context)))
      fetched.push(await fetchGroup(group, request.requireStable, context))
    return answer(fetched)
  },
  refuse: (request, errorCode, context) =>
    answer(groupsOf(request, context).map((group) => failed(group, errorCode, context))),
}

/** All of a group is told once, whoever asks for it how often. */
function allOnce(groups: readonly GroupToFetch[]): readonly GroupToFetch[] {
  const ofAll = groups.filter(({ topics }) => topics === null)
  const told = new Set(namedOnce(ofAll, ({ groupId }) => groupId))
  return told.size === ofAll.length ? groups : groups.filter((one) => one.topics !== null || told.has(one))
}

function groupsOf(request: OffsetFetchRequest, { apiVersion }: RequestContext): readonly GroupToFetch[] {
  if (apiVersion >= severalGroupsSince) return request.groups
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics: request.topics }]
}

async function fetchGroup(group: GroupToFetch, requireStable: boolean, context: RequestContext): Promise<FetchedGroup> {
  const { groupId } = group
  if (!mayUseGroup(context, 'DESCRIBE', groupId)) return failed(group, ErrorCode.GROUP_AUTHORIZATION_FAILED, context)
  try {
    const partition = context.broker.groups.find(groupId)
    const fetched = await partition?.run(groupId, (shard) => shard.offsetFetch(group, requireStable))
    return visible(fetched ?? offsetFetch(new GroupTable(), group, requireStable), group, context)
  } catch (error) {
    return failed(group, errorCodeOf(error), context)
  }
}

/** Topics that the client may not see have no positions; when it named them, it is told why. */
function visible(fetched: FetchedGroup, { topics: asked }: GroupToFetch, context: RequestContext): FetchedGroup {
  const topics = fetched.topics.flatMap((topic) => {
    if (isAllowed(context, { operation: 'DESCRIBE', resource: 'TOPIC', name: topic.name })) {
      return [context.apiVersion === 0 ? withUnknown(topic, context) : topic]
    }
    return asked === null ? [] : [refused(topic, ErrorCode.TOPIC_AUTHORIZATION_FAILED)]
  })
  return { ...fetched, topics }
}

function withUnknown(topic: FetchedGroup['topics'][number], { broker }: RequestContext): typeof topic {
  const known = broker.topics.find(topic.name)
  const partitions = topic.partitions.map((one) =>
    known?.partitions[one.partitionIndex] === undefined
      ? noPosition(one.partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
      : one,
  )
  return { ...topic, partitions }
}

function refused(
  { name, partitions }: FetchedGroup['topics'][number],
  errorCode: number,
): FetchedGroup['topics'][number] {
  return { name, partitions: partitions.map(({ partitionIndex }) => noPosition(partitionIndex, errorCode)) }
}

function failed(group: GroupToFetch, errorCode: number, { apiVersion }: RequestContext): FetchedGroup {
  if (apiVersion >= groupErrorSince) return offsetFetchError(group, errorCode)
  const topics = (group.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => noPosition(partition, errorCode)),
  }))
  return { groupId: group.groupId, topics, errorCode }
}

/** The one group of old versions stands beside the list of new ones. */
function answer(groups: readonly FetchedGroup[]): OffsetFetchResponse {
  const [only] = groups
  return { throttleTimeMs: 0, topics: only?.topics ?? [], errorCode: only?.errorCode ?? ErrorCode.NONE, groups }
}
