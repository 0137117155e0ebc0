import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const incrementalAlterConfigsRequest = struct({
  resources: array({
    resourceType: int8,
    resourceName: string,
    configs: array({ name: string, configOperation: int8, value: nullable(string).or('') }),
  }),
  validateOnly: boolean,
})
export type IncrementalAlterConfigsRequest = ValueOf<typeof incrementalAlterConfigsRequest>

export const incrementalAlterConfigsResponse = struct({
  throttleTimeMs: int32,
  responses: array({
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    resourceType: int8,
    resourceName: string,
  }),
})
export type IncrementalAlterConfigsResponse = ValueOf<typeof incrementalAlterConfigsResponse>

/**
 * Sets (operation 0), deletes (1), appends to (2) or subtracts from (3) single configs of a topic (resource type 2) or
 * broker (4).
 */
export const incrementalAlterConfigsApi: Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> = api(
  'IncrementalAlterConfigs',
  incrementalAlterConfigsRequest,
  incrementalAlterConfigsResponse,
)
