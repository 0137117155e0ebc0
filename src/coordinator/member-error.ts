import { ErrorCode } from '../protocol/error-codes.ts'
import type { ClassicGroup } from './classic-group.ts'

/** The code that tells a member that it is not one, or that another one has taken its place; `undefined` when all is well. */
export function memberError(
  group: ClassicGroup,
  { memberId, groupInstanceId }: { readonly memberId: string; readonly groupInstanceId: string | null },
): number | undefined {
  if (groupInstanceId !== null) {
    const holder = group.roster.memberIdOf(groupInstanceId)
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID
    if (holder !== memberId) return ErrorCode.FENCED_INSTANCE_ID
  }
  return group.roster.has(memberId) ? undefined : ErrorCode.UNKNOWN_MEMBER_ID
}
