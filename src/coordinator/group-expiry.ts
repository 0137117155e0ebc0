import type { ClassicGroup } from './classic-group.ts'
import type { ClassicMember } from './classic-member.ts'
import { completeJoin, expel, joinTimeUp, rebalance, syncTimeUp } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'

/** Does what is due by time alone: sessions, ids that nobody came back with, and the two phases of a rebalance. */
export function expire(group: ClassicGroup, step: GroupStep): void {
  expirePendingJoins(group, step)
  expireSessions(group, step)
  if (isDue(group.syncDeadlineMs, step)) syncTimeUp(group, step)
  if (isDue(group.joinTimer?.deadlineMs, step)) joinTimeUp(group, step)
  step.wakeBy(group.nextDeadlineMs())
}

function isDue(deadlineMs: number | undefined, step: GroupStep): boolean {
  return deadlineMs !== undefined && deadlineMs <= step.uptimeMs
}

function expirePendingJoins(group: ClassicGroup, step: GroupStep): void {
  const expired = [...group.roster.pendingJoins].filter(([, deadlineMs]) => isDue(deadlineMs, step))
  for (const [memberId] of expired) group.roster.remove(memberId)
  if (expired.length > 0) completeIfAllJoined(group, step)
}

function expireSessions(group: ClassicGroup, step: GroupStep): void {
  const due = [...group.roster.members()].filter(({ sessionDeadlineMs }) => isDue(sessionDeadlineMs, step))
  let areGone = false
  for (const member of due) {
    // Who waits for an answer of ours cannot send a heartbeat; the answer begins a new session.
    if (isExcused(group, member)) member.sessionDeadlineMs = Infinity
    else {
      expel(group, member, step)
      areGone = true
    }
  }
  if (!areGone) return
  if (group.state === 'PreparingRebalance') completeIfAllJoined(group, step)
  else rebalance(group, step)
}

/** Not a new member: it never got its id, so nothing but this deadline tells that it is gone. */
function isExcused(group: ClassicGroup, member: ClassicMember): boolean {
  if (member.isNew) return false
  return member.waitingSync !== undefined || group.roster.isWaitingToJoin(member.memberId)
}

/** Kafka does not wait a first rebalance's delay out when somebody left meanwhile and all others are there. */
function completeIfAllJoined(group: ClassicGroup, step: GroupStep): void {
  if (group.state === 'PreparingRebalance' && group.roster.haveAllJoined) completeJoin(group, step)
}
