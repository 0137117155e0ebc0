import { type ValueOf, array, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const findCoordinatorRequest = struct({
  key: string.until(3),
  /** 0 group, 1 transactional id. */
  keyType: int8.since(1),
  coordinatorKeys: array(string).since(4),
})
export type FindCoordinatorRequest = ValueOf<typeof findCoordinatorRequest>

export const findCoordinatorResponse = struct({
  throttleTimeMs: int32.since(1),
  errorCode: int16.until(3),
  errorMessage: nullable(string).or('').since(1).until(3),
  nodeId: int32.until(3),
  host: string.until(3),
  port: int32.until(3),
  coordinators: array({
    key: string,
    nodeId: int32,
    host: string,
    port: int32,
    errorCode: int16,
    errorMessage: nullable(string).or(''),
  }).since(4),
})
export type FindCoordinatorResponse = ValueOf<typeof findCoordinatorResponse>

/**
 * Who coordinates a group (key type 0) or a transactional id (1). Version 0 knows groups only; from 4 on a list of keys
 * (KIP-699).
 */
export const findCoordinatorApi: Api<FindCoordinatorRequest, FindCoordinatorResponse> = api(
  'FindCoordinator',
  findCoordinatorRequest,
  findCoordinatorResponse,
)
