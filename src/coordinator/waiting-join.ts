import { ErrorCode } from '../protocol/error-codes.ts'
import type { JoinGroupRequest } from '../protocol/messages/join-group.ts'
import type { ClassicGroup } from './classic-group.ts'
import { joinError } from './group-answers.ts'
import type { GroupStep, RequestId } from './group-step.ts'

/** A JoinGroup and who sent it. */
export interface Join {
  readonly request: JoinGroupRequest
  readonly requestId: RequestId
  readonly apiVersion: number
  readonly clientId: string
  readonly clientHost: string
}

/**
 * The member's JoinGroup waits for the end of the rebalance. The one it had waiting is answered: the client has given it up,
 * but its connection may still be there.
 */
export function waitToJoin(group: ClassicGroup, memberId: string, requestId: RequestId, step: GroupStep): void {
  const before = group.roster.waitToJoin(memberId, requestId)
  step.answerJoin(before, joinError(ErrorCode.REBALANCE_IN_PROGRESS, memberId))
}
