import { type ValueOf, array, boolean, int16, int32, int8, nullable, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const describeConfigsRequest = struct({
  resources: array({
    /** 2 topic, 4 broker. */
    resourceType: int8,
    resourceName: string,
    configurationKeys: nullable(array(string)).or([]),
  }),
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
      /** 1 topic, 2 broker, 3 all brokers, 4 the broker's file, 5 default. */
      configSource: int8.or(-1).since(1),
      isSensitive: boolean,
      synonyms: array({ name: string, value: nullable(string).or(''), source: int8 }).since(1),
      /** 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password. */
      configType: int8.since(3),
      documentation: nullable(string).or('').since(3),
    }),
  }),
})
export type DescribeConfigsResponse = ValueOf<typeof describeConfigsResponse>

/**
 * Configs of topics and brokers, null keys for all. Version 1 has sources and synonyms in place of `isDefault`, 3
 * types and text.
 */
export const describeConfigsApi: Api<DescribeConfigsRequest, DescribeConfigsResponse> = api(
  'DescribeConfigs',
  describeConfigsRequest,
  describeConfigsResponse,
)
