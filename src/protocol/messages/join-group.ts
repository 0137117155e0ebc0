import { type ValueOf, array, boolean, bytes, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const joinGroupRequest = struct({
  groupId: string,
  sessionTimeoutMs: int32,
  rebalanceTimeoutMs: int32.or(-1).since(1),
  memberId: string,
  groupInstanceId: nullable(string).since(5),
  protocolType: string,
  protocols: array({ name: string, metadata: bytes }),
  reason: nullable(string).since(8),
})
export type JoinGroupRequest = ValueOf<typeof joinGroupRequest>

export const joinGroupResponse = struct({
  throttleTimeMs: int32.since(2),
  errorCode: int16,
  generationId: int32.or(-1),
  protocolType: nullable(string).since(7),
  protocolName: nullable(string, { since: 7 }).or(''),
  leader: string,
  skipAssignment: boolean.since(9),
  memberId: string,
  members: array({ memberId: string, groupInstanceId: nullable(string).since(5), metadata: bytes }),
})
export type JoinGroupResponse = ValueOf<typeof joinGroupResponse>

/**
 * Joins the classic group protocol. Version 1 tells a rebalance timeout apart, 4 asks new members to come again with
 * the id they are given (KIP-394), 5 has static members, 7 the protocol type, 8 the reason, 9 tells a static leader to
 * skip the assignment.
 */
export const joinGroupApi: Api<JoinGroupRequest, JoinGroupResponse> = api(
  'JoinGroup',
  joinGroupRequest,
  joinGroupResponse,
)
