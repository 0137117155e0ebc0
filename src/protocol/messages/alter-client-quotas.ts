import { type ValueOf, array, boolean, float64, int16, int32, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const alterClientQuotasRequest = struct({
  entries: array({
    entity: array({ entityType: string, entityName: nullable(string).or('') }),
    ops: array({ key: string, value: float64, remove: boolean }),
  }),
  validateOnly: boolean,
})
export type AlterClientQuotasRequest = ValueOf<typeof alterClientQuotasRequest>

export const alterClientQuotasResponse = struct({
  throttleTimeMs: int32,
  entries: array({
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    entity: array({ entityType: string, entityName: nullable(string).or('') }),
  }),
})
export type AlterClientQuotasResponse = ValueOf<typeof alterClientQuotasResponse>

/** Sets and removes quotas. */
export const alterClientQuotasApi: Api<AlterClientQuotasRequest, AlterClientQuotasResponse> = api(
  'AlterClientQuotas',
  alterClientQuotasRequest,
  alterClientQuotasResponse,
)
