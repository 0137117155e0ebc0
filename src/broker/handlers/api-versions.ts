import { advertisedVersions } from '../../protocol/api-keys.ts'
import { ErrorCode } from '../../protocol/error-codes.ts'
import { KafkaError } from '../../protocol/kafka-error.ts'
import {
  apiVersionsApi,
  type ApiVersionsRequest,
  type ApiVersionsResponse,
} from '../../protocol/messages/api-versions.ts'
import type { RequestContext } from '../request-context.ts'
import type { Handler } from '../request-router.ts'

// ApiVersions: the first request of every client, also before it has said who it is.
//
// Behaviour
//   * Names every key that this broker answers, with the versions of the table.
//   * A version that we do not speak is answered in version 0 with UNSUPPORTED_VERSION and our range of this key: the client comes again.
//   * A software name or version that is none is INVALID_REQUEST (KIP-511); librdkafka then comes again with version 0.
// Versions
//   0 to 4. 3 is flexible with a response header that is not, 4 would name features whose minimum is 0.
// Not implemented
//   Features: none is finalised, so that no client uses the second transaction protocol or the new group protocol.

/** As in Kafka: letters and digits, with dashes and dots between them. */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** `handled`: the keys that the broker answers, which it knows once all handlers are there. */
export function apiVersionsHandler(
  handled: () => ReadonlySet<number>,
): Handler<ApiVersionsRequest, ApiVersionsResponse> {
  return {
    api: apiVersionsApi,
    answersUnknownVersions: true,
    handle: (request, context) => {
      checkSoftware(request, context)
      return answer(ErrorCode.NONE, handled())
    },
    refuse: (_, errorCode) =>
      answer(errorCode, errorCode === ErrorCode.UNSUPPORTED_VERSION ? new Set([apiVersionsApi.key]) : new Set()),
  }
}

function checkSoftware(
  { clientSoftwareName, clientSoftwareVersion }: ApiVersionsRequest,
  { apiVersion }: RequestContext,
): void {
  if (apiVersion < 3) return
  if (!softwareName.test(clientSoftwareName) || !softwareName.test(clientSoftwareVersion)) {
    throw new KafkaError(ErrorCode.INVALID_REQUEST)
  }
}

function answer(errorCode: number, keys: ReadonlySet<number>): ApiVersionsResponse {
  return {
    errorCode,
    apiKeys: advertisedVersions(keys),
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1n,
    finalizedFeatures: [],
    zkMigrationReady: false,
  }
}
