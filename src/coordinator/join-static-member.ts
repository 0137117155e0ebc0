import { assert } from '../base/assert.ts'
import { ErrorCode } from '../protocol/error-codes.ts'
import type { JoinGroupResponse } from '../protocol/messages/join-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { type ClassicMember, termsOf } from './classic-member.ts'
import { joinError, joinedResponse, membersOf, syncError } from './group-answers.ts'
import { prepareRebalance, rebalance, renewSession, tryCompleteJoin } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'
import { type Join, waitToJoin } from './waiting-join.ts'

/** The first version in which a static leader that came back can be told to leave the assignment as it is (KIP-814). */
const skipAssignmentSince = 9

interface StaticRejoin {
  readonly join: Join
  /** The member id that the static member had until now; from now on it is fenced. */
  readonly holder: string
  /** The one it gets. */
  readonly memberId: string
}

/** A static member came back without its member id: it takes its place again, if it can without a rebalance. */
export function rejoinStaticMember(
  group: ClassicGroup,
  { join, holder, memberId }: StaticRejoin,
  step: GroupStep,
): void {
  const leaderBefore = group.roster.leader
  const member = replace(group, { holder, memberId }, step)
  group.roster.update(member, termsOf(join.request))
  renewSession(member, step)
  if (group.state === 'Stable' && group.roster.selectProtocol() === group.protocolName) {
    step.append(group.toRecord())
    return step.answerJoin(join.requestId, stillStable(group, member, { join, leaderBefore }))
  }
  waitToJoin(group, memberId, join.requestId, step)
  // An assignment under way may name the old id; the new one would get nothing.
  if (group.state === 'CompletingRebalance') prepareRebalance(group, step)
  else if (group.state === 'PreparingRebalance') tryCompleteJoin(group, step)
  else rebalance(group, step)
}

function replace(group: ClassicGroup, ids: Omit<StaticRejoin, 'join'>, step: GroupStep): ClassicMember {
  const { roster } = group
  const old = roster.get(ids.holder)
  assert(old !== undefined, `${ids.holder} has an instance id and is a member`)
  const fenced = ErrorCode.FENCED_INSTANCE_ID
  step.answerJoin(roster.takeWaitingJoin(ids.holder), joinError(fenced, ids.holder))
  step.answerSync(old.waitingSync, syncError(fenced))
  old.waitingSync = undefined
  return roster.replace(old, ids.memberId)
}

/**
 * The place it had, without a rebalance. Where a leader cannot be told to skip the assignment it is told the id it no longer
 * has as the leader's, and so takes itself for a follower.
 */
function stillStable(
  group: ClassicGroup,
  { memberId }: ClassicMember,
  { join, leaderBefore }: { readonly join: Join; readonly leaderBefore: string | null },
): JoinGroupResponse {
  const response = joinedResponse(group, memberId)
  const isLeader = group.roster.leader === memberId
  if (join.apiVersion < skipAssignmentSince) return { ...response, leader: leaderBefore ?? '', members: [] }
  return { ...response, skipAssignment: isLeader, members: isLeader ? membersOf(group) : [] }
}
