import { ErrorCode } from '../protocol/error-codes.ts'
import type { LeaveGroupRequest, LeaveGroupResponse } from '../protocol/messages/leave-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { expel, rebalance, tryCompleteJoin } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'
import { memberError } from './member-error.ts'

type LeavingMember = LeaveGroupRequest['members'][number]
type LeftMember = LeaveGroupResponse['members'][number]

/** Takes members out of their group, each with its own error. The group id has been checked. */
export function leaveGroup(
  group: ClassicGroup,
  members: LeaveGroupRequest['members'],
  step: GroupStep,
): LeaveGroupResponse['members'] {
  const sizeBefore = group.roster.size
  const left = members.map((member) => leftMember(member, leave(group, member, step)))
  if (group.roster.size < sizeBefore) rebalance(group, step)
  else tryCompleteJoin(group, step)
  return left
}

/** The answer for one of the members that were to leave. */
export function leftMember({ memberId, groupInstanceId }: LeavingMember, errorCode: number): LeftMember {
  return { memberId, groupInstanceId, errorCode }
}

function leave(group: ClassicGroup, { memberId, groupInstanceId }: LeavingMember, step: GroupStep): number {
  const { roster } = group
  if (roster.pendingJoins.has(memberId)) {
    roster.remove(memberId)
    return ErrorCode.NONE
  }
  // An administrator names a static member by its own name alone.
  const holder = memberId === '' && groupInstanceId !== null ? roster.memberIdOf(groupInstanceId) : memberId
  const error = memberError(group, { memberId: holder ?? '', groupInstanceId })
  const member = roster.get(holder ?? '')
  if (error !== undefined || member === undefined) return error ?? ErrorCode.UNKNOWN_MEMBER_ID
  expel(group, member, step)
  return ErrorCode.NONE
}
