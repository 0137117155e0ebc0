import { assert } from '../base/assert.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, NO_ASSIGNMENT } from './classic-member.ts'
import { joinError, joinedResponse, syncError } from './group-answers.ts'
import type { GroupStep } from './group-step.ts'

/** How a group gets from one generation to the next. Kafka's GroupMetadataManager, the part of classic groups. */

/** Something about the members changed: begins a rebalance, or ends the one going on when nobody is waited for any more. */
export function rebalance(group: ClassicGroup, step: GroupStep): void {
  if (group.state === 'PreparingRebalance') tryCompleteJoin(group, step)
  else prepareRebalance(group, step)
}

/** Begins a rebalance: every member has to join again. */
export function prepareRebalance(group: ClassicGroup, step: GroupStep): void {
  if (group.state === 'CompletingRebalance') sendBack(group, step)
  group.roster.pendingSyncs.clear()
  group.syncDeadlineMs = undefined
  group.isInitialRebalance = group.state === 'Empty'
  group.newMemberAdded = false
  group.enter('PreparingRebalance', step)
  if (group.isInitialRebalance) waitForMore(group, step)
  else if (group.roster.haveAllJoined) completeJoin(group, step)
  else waitForMembers(group, step)
}

/** Ends the join phase when nobody is waited for any more. A first rebalance waits its delay out: more members may come. */
export function tryCompleteJoin(group: ClassicGroup, step: GroupStep): void {
  if (group.state !== 'PreparingRebalance' || group.isInitialRebalance || !group.roster.haveAllJoined) return
  completeJoin(group, step)
}

/**
 * Ends the join phase. Dynamic members that did not come are out; static ones keep their place until their session expires.
 * Who came learns the new generation; when nobody is left the group is empty, and its record says so.
 */
export function completeJoin(group: ClassicGroup, step: GroupStep): void {
  const { roster } = group
  group.joinTimer = undefined
  const absent = [...roster.members()].filter(
    ({ isStatic, memberId }) => !isStatic && !roster.isWaitingToJoin(memberId),
  )
  for (const { memberId } of absent) roster.remove(memberId)
  if (!roster.electJoinedLeader() && roster.size > 0) return waitForMembers(group, step)
  group.beginGeneration(step)
  if (group.state === 'Empty') return step.append(group.toRecord())
  for (const member of roster.members()) {
    step.answerJoin(roster.takeWaitingJoin(member.memberId), joinedResponse(group, member.memberId))
    member.isNew = false
    renewSession(member, step)
    roster.pendingSyncs.add(member.memberId)
  }
  group.syncDeadlineMs = step.deadlineIn(roster.rebalanceTimeoutMs())
}

/** The time of the join phase is up. */
export function joinTimeUp(group: ClassicGroup, step: GroupStep): void {
  const initial = group.joinTimer?.initial
  if (initial === undefined || !group.newMemberAdded || initial.remainingMs === 0) return completeJoin(group, step)
  group.newMemberAdded = false
  const delayMs = Math.min(step.config.initialRebalanceDelayMs, initial.remainingMs)
  const remainingMs = Math.max(initial.remainingMs - initial.delayMs, 0)
  group.joinTimer = { deadlineMs: step.deadlineIn(delayMs), initial: { delayMs, remainingMs } }
}

/** Members that never asked for their assignment are out, and the others begin anew. */
export function syncTimeUp(group: ClassicGroup, step: GroupStep): void {
  const absent = [...group.roster.pendingSyncs]
  group.syncDeadlineMs = undefined
  if (absent.length === 0) return
  for (const memberId of absent) group.roster.remove(memberId)
  prepareRebalance(group, step)
}

/** A member has asked for its assignment. */
export function noteSync(group: ClassicGroup, memberId: string): void {
  group.roster.pendingSyncs.delete(memberId)
  if (group.roster.pendingSyncs.size === 0) group.syncDeadlineMs = undefined
}

/** Takes a member out and tells it so if it waits for an answer; what follows for the others is for the caller to begin. */
export function expel(group: ClassicGroup, member: ClassicMember, step: GroupStep): void {
  const { memberId, waitingSync } = member
  member.waitingSync = undefined
  step.answerSync(waitingSync, syncError(ErrorCode.UNKNOWN_MEMBER_ID))
  step.answerJoin(group.roster.takeWaitingJoin(memberId), joinError(ErrorCode.UNKNOWN_MEMBER_ID, ''))
  group.roster.remove(memberId)
}

/** The member is alive: its session begins anew. */
export function renewSession(member: ClassicMember, step: GroupStep): void {
  member.sessionDeadlineMs = step.deadlineIn(member.terms.sessionTimeoutMs)
}

/** The first rebalance of an empty group: a moment for more members to come. */
function waitForMore(group: ClassicGroup, step: GroupStep): void {
  const delayMs = step.config.initialRebalanceDelayMs
  const remainingMs = Math.max(group.roster.rebalanceTimeoutMs() - delayMs, 0)
  group.joinTimer = { deadlineMs: step.deadlineIn(delayMs), initial: { delayMs, remainingMs } }
}

function waitForMembers(group: ClassicGroup, step: GroupStep): void {
  group.joinTimer = { deadlineMs: step.deadlineIn(group.roster.rebalanceTimeoutMs()) }
}

/** Members that wait for the assignment of a generation that will not be: they have to join again. */
function sendBack(group: ClassicGroup, step: GroupStep): void {
  assert(group.state === 'CompletingRebalance', `members of a ${group.state} group do not wait for an assignment`)
  for (const member of group.roster.members()) {
    member.assignment = NO_ASSIGNMENT
    const { waitingSync } = member
    if (waitingSync === undefined) continue
    member.waitingSync = undefined
    step.answerSync(waitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS))
    renewSession(member, step)
  }
}
