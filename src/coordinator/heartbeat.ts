import { ErrorCode } from '../protocol/error-codes.ts'
import type { HeartbeatRequest } from '../protocol/messages/heartbeat.ts'
import type { ClassicGroup } from './classic-group.ts'
import { renewSession } from './group-rebalance.ts'
import type { GroupStep } from './group-step.ts'
import { memberError } from './member-error.ts'

/** Keeps a member's session alive, and tells it by the code it returns when it has to join again. The group id has been checked. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest, step: GroupStep): number {
  const member = group.roster.get(request.memberId)
  const error = memberError(group, request)
  if (error !== undefined || member === undefined) return error ?? ErrorCode.UNKNOWN_MEMBER_ID
  if (request.generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION
  renewSession(member, step)
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE
}
