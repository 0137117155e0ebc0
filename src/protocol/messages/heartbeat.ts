import { type ValueOf, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const heartbeatRequest = struct({
  groupId: string,
  generationId: int32,
  memberId: string,
  groupInstanceId: nullable(string).since(3),
})
export type HeartbeatRequest = ValueOf<typeof heartbeatRequest>

export const heartbeatResponse = struct({ throttleTimeMs: int32.since(1), errorCode: int16 })
export type HeartbeatResponse = ValueOf<typeof heartbeatResponse>

/** Keeps a member of a classic group alive, and tells it to rejoin. Version 3 has static members. */
export const heartbeatApi: Api<HeartbeatRequest, HeartbeatResponse> = api(
  'Heartbeat',
  heartbeatRequest,
  heartbeatResponse,
)
