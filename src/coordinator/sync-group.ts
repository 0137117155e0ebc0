import { ErrorCode } from '../protocol/error-codes.ts'
import type { SyncGroupRequest } from '../protocol/messages/sync-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, NO_ASSIGNMENT } from './classic-member.ts'
import { syncError, syncedResponse } from './group-answers.ts'
import { noteSync, prepareRebalance, renewSession } from './group-rebalance.ts'
import type { GroupStep, RequestId } from './group-step.ts'
import { memberError } from './member-error.ts'

/** A SyncGroup, and the name to answer it under. */
export interface Sync {
  readonly request: SyncGroupRequest
  readonly requestId: RequestId
}

/** Gives a member its assignment, for which it may have to wait until the leader brings all of them. The group id has been checked. */
export function syncGroup(group: ClassicGroup, { request, requestId }: Sync, step: GroupStep): void {
  const member = group.roster.get(request.memberId)
  const error = syncErrorOf(group, request)
  if (error !== undefined || member === undefined) {
    return step.answerSync(requestId, syncError(error ?? ErrorCode.UNKNOWN_MEMBER_ID))
  }
  noteSync(group, member.memberId)
  if (group.state === 'Stable') return step.answerSync(requestId, syncedResponse(group, member))
  step.answerSync(member.waitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
  member.waitingSync = requestId
  if (group.roster.leader === member.memberId) assign(group, request, step)
}

function syncErrorOf(group: ClassicGroup, request: SyncGroupRequest): number | undefined {
  if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID
  const error = memberError(group, request)
  if (error !== undefined) return error
  if (request.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  const { protocolType, protocolName } = group
  if (differs(request.protocolType, protocolType) || differs(request.protocolName, protocolName)) {
    return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
  }
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : undefined
}

/** Only what both sides name can differ. */
function differs(requested: string | null, own: string | null): boolean {
  return requested !== null && own !== null && requested !== own
}

/** The leader has spoken: everybody gets a part, be it an empty one, and the group is stable. */
function assign(group: ClassicGroup, { assignments }: SyncGroupRequest, step: GroupStep): void {
  const given = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  for (const member of group.roster.members()) {
    const assignment = given.get(member.memberId)
    member.assignment = assignment === undefined ? NO_ASSIGNMENT : new Uint8Array(assignment)
  }
  group.enter('Stable', step)
  const record = group.toRecord()
  if (record.key.length + (record.value?.length ?? 0) > step.config.recordBytesMax - batchOverheadMax) {
    return refuse(group, step)
  }
  step.append(record)
  for (const member of group.roster.members()) answer(group, member, step)
}

/** What a record batch of one record takes beyond key and value, at most. */
const batchOverheadMax = 128

function answer(group: ClassicGroup, member: ClassicMember, step: GroupStep): void {
  const { waitingSync } = member
  if (waitingSync === undefined) return
  member.waitingSync = undefined
  step.answerSync(waitingSync, syncedResponse(group, member))
  renewSession(member, step)
}

/** The group is larger than a record may be. Kafka answers as if it knew no better, and begins anew. */
function refuse(group: ClassicGroup, step: GroupStep): void {
  for (const member of group.roster.members()) {
    const { waitingSync } = member
    member.waitingSync = undefined
    member.assignment = NO_ASSIGNMENT
    step.answerSync(waitingSync, syncError(ErrorCode.UNKNOWN_SERVER_ERROR))
  }
  prepareRebalance(group, step)
}
