import {
  type ValueOf,
  array,
  boolean,
  float64,
  int16,
  int32,
  int8,
  nullable,
  string,
  struct,
} from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeClientQuotasRequest = struct({
  components: array({ entityType: string, matchType: int8, match: nullable(string).or('') }),
  strict: boolean,
})
export type DescribeClientQuotasRequest = ValueOf<typeof describeClientQuotasRequest>

export const describeClientQuotasResponse = struct({
  throttleTimeMs: int32,
  errorCode: int16,
  errorMessage: nullable(string).or(''),
  entries: nullable(
    array({
      entity: array({ entityType: string, entityName: nullable(string).or('') }),
      values: array({ key: string, value: float64 }),
    }),
  ).or([]),
})
export type DescribeClientQuotasResponse = ValueOf<typeof describeClientQuotasResponse>

/** Quotas that a filter finds: `match` itself (match type 0), the default (1) or any name (2) of an entity type. */
export const describeClientQuotasApi: Api<DescribeClientQuotasRequest, DescribeClientQuotasResponse> = api(
  'DescribeClientQuotas',
  describeClientQuotasRequest,
  describeClientQuotasResponse,
)
