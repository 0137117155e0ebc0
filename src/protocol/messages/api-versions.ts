import { type ValueOf, array, boolean, int16, int32, int64, string, struct } from '../../wire/schema.ts'
import { type Api, api } from '../api.ts'

export const apiVersionsRequest = struct({
  clientSoftwareName: string.since(3),
  clientSoftwareVersion: string.since(3),
})
export type ApiVersionsRequest = ValueOf<typeof apiVersionsRequest>

export const apiVersionsResponse = struct({
  errorCode: int16,
  apiKeys: array({ apiKey: int16, minVersion: int16, maxVersion: int16 }),
  throttleTimeMs: int32.since(1),
  supportedFeatures: array({ name: string, minVersion: int16, maxVersion: int16 }).since(3).tagged(0),
  finalizedFeaturesEpoch: int64.or(-1n).since(3).tagged(1),
  finalizedFeatures: array({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }).since(3).tagged(2),
  zkMigrationReady: boolean.since(3).tagged(3),
})
export type ApiVersionsResponse = ValueOf<typeof apiVersionsResponse>

/**
 * Which keys and versions the broker speaks. Asked first, so the response's header is version 0 in all versions, and a
 * version that the broker does not know is answered in version 0 with the error UNSUPPORTED_VERSION. Version 3 names
 * the client and has features.
 */
export const apiVersionsApi: Api<ApiVersionsRequest, ApiVersionsResponse> = api(
  'ApiVersions',
  apiVersionsRequest,
  apiVersionsResponse,
)
