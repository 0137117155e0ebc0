import { type ValueOf, array, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const leaveGroupRequest = struct({
  groupId: string,
  memberId: string.until(2),
  members: array({ memberId: string, groupInstanceId: nullable(string), reason: nullable(string).since(5) }).since(3),
})
export type LeaveGroupRequest = ValueOf<typeof leaveGroupRequest>

export const leaveGroupResponse = struct({
  throttleTimeMs: int32.since(1),
  errorCode: int16,
  members: array({ memberId: string, groupInstanceId: nullable(string).or(''), errorCode: int16 }).since(3),
})
export type LeaveGroupResponse = ValueOf<typeof leaveGroupResponse>

/** Takes members out of a classic group: one, from 3 on several, each with its own error. Version 5 says why. */
export const leaveGroupApi: Api<LeaveGroupRequest, LeaveGroupResponse> = api(
  'LeaveGroup',
  leaveGroupRequest,
  leaveGroupResponse,
)
