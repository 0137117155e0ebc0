import { type ValueOf, array, bytes, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const syncGroupRequest = struct({
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: nullable(string).since(3),
  protocolType: nullable(string).since(5),
  protocolName: nullable(string).since(5),
  assignments: array({ memberId: string, assignment: bytes }),
})
export type SyncGroupRequest = ValueOf<typeof syncGroupRequest>

export const syncGroupResponse = struct({
  throttleTimeMs: int32.since(1),
  errorCode: int16,
  protocolType: nullable(string).since(5),
  protocolName: nullable(string).since(5),
  assignment: bytes,
})
export type SyncGroupResponse = ValueOf<typeof syncGroupResponse>

/**
 * The leader of a classic group hands over the assignment; everyone gets its own. Version 3 has static members, 5 the
 * protocol.
 */
export const syncGroupApi: Api<SyncGroupRequest, SyncGroupResponse> = api(
  'SyncGroup',
  syncGroupRequest,
  syncGroupResponse,
)
