import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeConfigsRequest = struct({
  resources: array({ resourceType: int8, resourceName: string, configurationKeys: nullable(array(string)).or([]) }),
  includeSynonyms: boolean.since(1),
  includeDocumentation: boolean.since(3),
})
export type DescribeConfigsRequest = ValueOf<typeof describeConfigsRequest>

export const describeConfigsResponse = struct({
  throttleTimeMs: int32,
  results: array({
    errorCode: int16,
    errorMessage: nullable(string).or(''),
    resourceType: int8,
    resourceName: string,
    configs: array({
      name: string,
      value: nullable(string).or(''),
      readOnly: boolean,
      isDefault: boolean.until(0),
      configSource: int8.or(-1).since(1),
      isSensitive: boolean,
      synonyms: array({ name: string, value: nullable(string).or(''), source: int8 }).since(1),
      configType: int8.since(3),
      documentation: nullable(string).or('').since(3),
    }),
  }),
})
export type DescribeConfigsResponse = ValueOf<typeof describeConfigsResponse>

/** Configs of topics and brokers, null keys for all. 1 has sources and synonyms in place of `isDefault`, 3 types and text. */
export const describeConfigsApi: Api<DescribeConfigsRequest, DescribeConfigsResponse> = api(
  'DescribeConfigs',
  describeConfigsRequest,
  describeConfigsResponse,
)
