import { NO_PRODUCER_ID, type Offset, type ProducerId, offset } from '../base/brands.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { HeartbeatRequest } from '../protocol/messages/heartbeat.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../protocol/messages/leave-group.ts'
import type { ListGroupsRequest } from '../protocol/messages/list-groups.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../protocol/messages/offset-commit.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../protocol/messages/offset-delete.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../protocol/messages/offset-fetch.ts'
import { ClassicGroup } from './classic-group.ts'
import { joinError, syncError } from './group-answers.ts'
import { deleteGroup } from './group-commands.ts'
import {
  type DescribedGroup,
  type ListedGroup,
  describeGroup,
  describedNothing,
  isAskedFor,
  listedGroup,
} from './group-description.ts'
import { expire } from './group-expiry.ts'
import { groupMetadataRecord } from './group-metadata-record.ts'
import { hasBadNames, isGroupId, isName } from './group-names.ts'
import { prepareRebalance, renewSession } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'
import type { GroupTable } from './group-table.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup, leftMember } from './leave-group.ts'
import { offsetCommit, offsetCommitError } from './offset-commit.ts'
import { forgetPendingOffsets, forgetTopics, offsetDelete, offsetDeleteError } from './offset-delete.ts'
import { expireOffsets } from './offset-expiry.ts'
import { offsetFetch } from './offset-fetch.ts'
import { type Sync, syncGroup } from './sync-group.ts'
import type { Join } from './waiting-join.ts'

const plainBatch = { isTransactional: false, producerId: NO_PRODUCER_ID }

/**
 * The coordinator of the groups in one partition of `__consumer_offsets`: the classic protocol, committed positions, and the
 * administration of groups. Pure: each call is given a `GroupStep`, changes what is known as if the step's records were in the
 * log already, and says in the step what is to be appended and answered. Should an append fail, the shard is of no more use:
 * another one is made from the log. Steps are made in the order in which their records are appended.
 *
 * What the records say is in the table; a `ClassicGroup` is kept beside it for each group that has, or may get, members.
 */
export class GroupShard {
  readonly #table: GroupTable
  readonly #groups = new Map<string, ClassicGroup>()
  #nextOffset: Offset

  /** From what the partition's log says up to `logEndOffset`. */
  constructor(table: GroupTable, logEndOffset: Offset) {
    this.#table = table
    this.#nextOffset = logEndOffset
  }

  /** The groups that the log knows with members: each is to be begun, once, before anything else. */
  groupsToBegin(): readonly string[] {
    return [...this.#table.groupIds()].filter((id) => (this.#table.classicGroup(id)?.members.length ?? 0) > 0)
  }

  /** Members that the log names have one session to be heard of. */
  begin(groupId: string, step: GroupStep): void {
    const group = this.#find(groupId)
    if (group === undefined) return
    for (const member of group.roster.members()) renewSession(member, step)
    // `group.max.size` became smaller: the last to rejoin are turned away.
    if (group.roster.size > step.config.groupSizeMax) prepareRebalance(group, step)
    this.#end(group, step)
  }

  /** To be called when `GroupStep.wakeAtMs` says so. */
  wake(groupId: string, step: GroupStep): void {
    const group = this.#groups.get(groupId)
    if (group === undefined) return
    expire(group, step)
    this.#end(group, step)
  }

  join(join: Join, step: GroupStep): void {
    const { groupId, memberId } = join.request
    const error = joinErrorOf(join, step) ?? this.#noGroupToJoin(groupId, memberId, step)
    if (error !== undefined) return step.answerJoin(join.requestId, joinError(error, memberId))
    const group = this.#find(groupId) ?? new ClassicGroup(groupId, step.now)
    this.#groups.set(groupId, group)
    joinGroup(group, join, step)
    this.#end(group, step)
  }

  sync(sync: Sync, step: GroupStep): void {
    const { groupId } = sync.request
    const group = this.#find(groupId)
    if (group === undefined) {
      const code = isGroupId(groupId) ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.INVALID_GROUP_ID
      return step.answerSync(sync.requestId, syncError(code))
    }
    syncGroup(group, sync, step)
    this.#end(group, step)
  }

  /** The code to answer with. */
  heartbeat(request: HeartbeatRequest, step: GroupStep): number {
    if (!isGroupId(request.groupId)) return ErrorCode.INVALID_GROUP_ID
    const group = this.#find(request.groupId)
    return group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : heartbeat(group, request, step)
  }

  /** `members` as in version 3 and later. */
  leave({ groupId, members }: LeaveGroupRequest, step: GroupStep): LeaveGroupResponse {
    if (!isGroupId(groupId)) return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_GROUP_ID, members: [] }
    const group = this.#find(groupId)
    if (group === undefined) {
      const unknown = members.map((member) => leftMember(member, ErrorCode.UNKNOWN_MEMBER_ID))
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, members: unknown }
    }
    const left = leaveGroup(group, members, step)
    this.#end(group, step)
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, members: left }
  }

  offsetCommit(request: OffsetCommitRequest, apiVersion: number, step: GroupStep): OffsetCommitResponse {
    const { groupId } = request
    const group = this.#findOrSimple(groupId)
    const error = group === undefined ? this.#noGroupToCommitTo(groupId, step) : undefined
    if (error !== undefined) return offsetCommitError(request, error)
    const response = offsetCommit(group, { request, apiVersion }, step)
    this.#keep(step)
    return response
  }

  offsetFetch(
    request: OffsetFetchRequest['groups'][number],
    requireStable: boolean,
  ): OffsetFetchResponse['groups'][number] {
    return offsetFetch(this.#table, request, requireStable)
  }

  offsetDelete(request: OffsetDeleteRequest, step: GroupStep): OffsetDeleteResponse {
    if (!isGroupId(request.groupId)) return offsetDeleteError(ErrorCode.INVALID_GROUP_ID)
    const group = this.#findOrSimple(request.groupId)
    if (group === undefined) return offsetDeleteError(ErrorCode.GROUP_ID_NOT_FOUND)
    const response = offsetDelete({ group, table: this.#table }, request, step)
    this.#keep(step)
    return response
  }

  describe(groupId: string): DescribedGroup {
    const group = this.#findOrSimple(groupId)
    return group === undefined ? describedNothing(groupId) : describeGroup(group)
  }

  list(filters: ListGroupsRequest): readonly ListedGroup[] {
    return [...this.#groupIds()].map((id) => this.#listed(id)).filter((group) => isAskedFor(group, filters))
  }

  /** The code to answer with. */
  delete(groupId: string, step: GroupStep): number {
    const group = this.#findOrSimple(groupId)
    if (group === undefined && !this.#table.isNewProtocolGroup(groupId)) return ErrorCode.GROUP_ID_NOT_FOUND
    if (group !== undefined && group.state !== 'Empty') return ErrorCode.NON_EMPTY_GROUP
    const plan = deleteGroup(this.#table.group(groupId))
    if (plan.kind === 'groupHasMembers') return ErrorCode.NON_EMPTY_GROUP
    if (plan.kind === 'planned') step.appendAll(plan.records)
    forgetPendingOffsets(this.#table, groupId, step)
    this.#groups.delete(groupId)
    this.#keep(step)
    return ErrorCode.NONE
  }

  /** Topics are no more, and so are the positions in them. */
  topicsDeleted(names: ReadonlySet<string>, step: GroupStep): void {
    forgetTopics(this.#table, names, step)
    this.#keep(step)
  }

  /** What `offsets.retention.minutes` is for; to be called every `offsets.retention.check.interval.ms`. */
  expireOffsets(step: GroupStep): void {
    for (const groupId of this.#groupIds()) {
      const group = this.#findOrSimple(groupId)
      if (group === undefined || !expireOffsets({ group, table: this.#table }, step) || !group.isNothing) continue
      if (this.#table.classicGroup(groupId) !== undefined) step.append(groupMetadataRecord(groupId, null))
      this.#groups.delete(groupId)
    }
    this.#keep(step)
  }

  /** A transaction's end was appended to the partition. */
  endTransaction(producerId: ProducerId, outcome: 'COMMIT' | 'ABORT'): void {
    this.#table.endTransaction(producerId, outcome)
    this.#nextOffset = offset(this.#nextOffset + 1n)
  }

  #groupIds(): ReadonlySet<string> {
    return new Set([...this.#table.groupIds(), ...this.#groups.keys()])
  }

  #find(groupId: string): ClassicGroup | undefined {
    const live = this.#groups.get(groupId)
    const value = this.#table.classicGroup(groupId)
    if (live !== undefined || value === undefined || this.#table.isNewProtocolGroup(groupId)) return live
    const group = ClassicGroup.fromRecord(groupId, value)
    this.#groups.set(groupId, group)
    return group
  }

  /** A group that only ever committed is made up for the moment: it is empty, and nothing more is known of it. */
  #findOrSimple(groupId: string): ClassicGroup | undefined {
    const group = this.#find(groupId)
    if (group !== undefined || this.#table.isNewProtocolGroup(groupId)) return group
    const isThere = this.#table.offsetsOf(groupId) !== undefined || this.#table.pending.hasGroup(groupId)
    return isThere ? new ClassicGroup(groupId) : undefined
  }

  /** The code when the member cannot join because there is no such group, and none is to be made. */
  #noGroupToJoin(groupId: string, memberId: string, { config }: GroupStep): number | undefined {
    if (this.#table.isNewProtocolGroup(groupId)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    if (this.#find(groupId) !== undefined) return undefined
    if (memberId !== '') return ErrorCode.UNKNOWN_MEMBER_ID
    return this.#groups.size >= config.groupsMax ? ErrorCode.POLICY_VIOLATION : undefined
  }

  /** Likewise for a commit, which makes its group unless it claims to be a member's. */
  #noGroupToCommitTo(groupId: string, { config }: GroupStep): number | undefined {
    if (!isName(groupId)) return ErrorCode.INVALID_GROUP_ID
    if (this.#table.group(groupId).memberIds.length > 0) return ErrorCode.UNKNOWN_MEMBER_ID
    return this.#table.committedGroupCount >= config.groupsMax ? ErrorCode.POLICY_VIOLATION : undefined
  }

  #listed(groupId: string): ListedGroup {
    const group = this.#findOrSimple(groupId)
    if (group !== undefined) return listedGroup(group)
    const { type, state } = this.#table.group(groupId)
    return { groupId, protocolType: type, groupState: state, groupType: type }
  }

  /** A group that nothing is left of is forgotten. */
  #end(group: ClassicGroup, step: GroupStep): void {
    this.#keep(step)
    if (group.isNothing && this.#table.classicGroup(group.groupId) === undefined) this.#groups.delete(group.groupId)
  }

  #keep(step: GroupStep): void {
    for (const { key, value } of step.records) {
      this.#table.replay({ offset: this.#nextOffset, key, value }, plainBatch)
      this.#nextOffset = offset(this.#nextOffset + 1n)
    }
  }
}

/** What is wrong with a JoinGroup whatever the group. */
function joinErrorOf(join: Join, { config }: GroupStep): number | undefined {
  const { groupId, sessionTimeoutMs } = join.request
  if (!isGroupId(groupId)) return ErrorCode.INVALID_GROUP_ID
  if (sessionTimeoutMs < config.sessionTimeoutMinMs || sessionTimeoutMs > config.sessionTimeoutMaxMs) {
    return ErrorCode.INVALID_SESSION_TIMEOUT
  }
  return hasBadNames(join) ? ErrorCode.INVALID_REQUEST : undefined
}
