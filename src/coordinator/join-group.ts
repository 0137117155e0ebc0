import { randomDashedUuid } from '../base/uuid.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../protocol/messages/join-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { ClassicMember, type MemberTerms, termsOf } from './classic-member.ts'
import { joinError, joinedResponse } from './group-answers.ts'
import { rebalance, tryCompleteJoin } from './group-rebalance.ts'
import type { GroupStep, RequestId } from './group-step.ts'
import { rejoinStaticMember } from './join-static-member.ts'
import { memberError } from './member-error.ts'
import { type Join, waitToJoin } from './waiting-join.ts'

/** The first version whose members have to come again with the id they are given (KIP-394). */
const memberIdRequiredSince = 4

/** Takes a member into its group, for which it may have to wait. The group id and the session timeout have been checked. */
export function joinGroup(group: ClassicGroup, join: Join, step: GroupStep): void {
  const { request, requestId } = join
  const refusal = refusalOf(group, join, step)
  if (refusal !== undefined) return step.answerJoin(requestId, refusal)
  if (request.memberId !== '') return joinWithId(group, join, step)
  const { groupInstanceId } = request
  const memberId = `${groupInstanceId ?? join.clientId}-${randomDashedUuid(step.random)}`
  const holder = groupInstanceId === null ? undefined : group.roster.memberIdOf(groupInstanceId)
  if (holder !== undefined) return rejoinStaticMember(group, { join, holder, memberId }, step)
  if (groupInstanceId !== null || join.apiVersion < memberIdRequiredSince) return admit(group, join, memberId, step)
  if (group.roster.pendingJoins.size >= step.config.pendingMembersMax) {
    return step.answerJoin(requestId, joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, ''))
  }
  group.roster.pendingJoins.set(memberId, step.deadlineIn(request.sessionTimeoutMs))
  step.answerJoin(requestId, joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId))
}

function refusalOf(group: ClassicGroup, { request }: Join, step: GroupStep): JoinGroupResponse | undefined {
  const { memberId, protocolType, protocols } = request
  if (!hasRoomFor(group, memberId, step)) {
    // It came too late to find a place: the others need not wait for it.
    group.roster.remove(memberId)
    tryCompleteJoin(group, step)
    return joinError(ErrorCode.GROUP_MAX_SIZE_REACHED, '')
  }
  if (!isConsistent(group, protocolType, protocols)) return joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, memberId)
  const size = protocols.reduce((sum, { name, metadata }) => sum + protocolOverhead + name.length + metadata.length, 0)
  return size > step.config.memberMetadataBytesMax ? joinError(ErrorCode.INVALID_REQUEST, memberId) : undefined
}

/** What keeping one protocol of a member costs beside its name and metadata, in bytes. */
const protocolOverhead = 100

/** During a rebalance those who have come count: the last to rejoin an overfull group are turned away. */
function hasRoomFor({ roster, state }: ClassicGroup, memberId: string, { config }: GroupStep): boolean {
  if (state === 'PreparingRebalance') {
    return roster.isWaitingToJoin(memberId) || roster.waitingJoinCount < config.groupSizeMax
  }
  return state === 'Empty' || roster.has(memberId) || roster.size < config.groupSizeMax
}

/** Whether the member speaks a protocol that all others do, too. */
function isConsistent(group: ClassicGroup, protocolType: string, protocols: JoinGroupRequest['protocols']): boolean {
  if (group.state === 'Empty') return protocolType !== '' && protocols.length > 0
  return group.protocolType === protocolType && group.roster.supportsOneOf(protocols.map(({ name }) => name))
}

function joinWithId(group: ClassicGroup, join: Join, step: GroupStep): void {
  const { request, requestId } = join
  const { memberId, groupInstanceId } = request
  if (group.roster.pendingJoins.has(memberId) && groupInstanceId === null) return admit(group, join, memberId, step)
  const error = memberError(group, request)
  const member = group.roster.get(memberId)
  if (error !== undefined || member === undefined || group.state === 'Empty') {
    return step.answerJoin(requestId, joinError(error ?? ErrorCode.UNKNOWN_MEMBER_ID, memberId))
  }
  const terms = termsOf(request)
  if (needsRebalance(group, member, terms)) return rejoin(group, { member, terms, requestId }, step)
  step.answerJoin(requestId, joinedResponse(group, memberId))
}

/** Not for a member that missed the answer and asks again; but a leader that asks again wants a new assignment. */
function needsRebalance(group: ClassicGroup, member: ClassicMember, terms: MemberTerms): boolean {
  if (group.state === 'PreparingRebalance' || !member.matches(terms.protocols)) return true
  return group.state === 'Stable' && group.roster.leader === member.memberId
}

interface Rejoin {
  readonly member: ClassicMember
  readonly terms: MemberTerms
  readonly requestId: RequestId
}

function rejoin(group: ClassicGroup, { member, terms, requestId }: Rejoin, step: GroupStep): void {
  group.roster.update(member, terms)
  waitToJoin(group, member.memberId, requestId, step)
  rebalance(group, step)
}

function admit(group: ClassicGroup, join: Join, memberId: string, step: GroupStep): void {
  const { request, requestId, clientId, clientHost } = join
  const identity = { memberId, groupInstanceId: request.groupInstanceId, clientId, clientHost }
  const member = new ClassicMember(identity, termsOf(request))
  member.isNew = true
  if (group.state === 'PreparingRebalance' && group.isInitialRebalance) group.newMemberAdded = true
  if (group.roster.size === 0) group.protocolType = request.protocolType
  group.roster.add(member)
  waitToJoin(group, memberId, requestId, step)
  // Its session cannot be what holds it here: it sends no heartbeats before it is answered. A client that went away
  // and tries anew would leave one dead member after the other, so the wait has an end.
  member.sessionDeadlineMs = step.deadlineIn(step.config.newMemberJoinTimeoutMs)
  rebalance(group, step)
}
